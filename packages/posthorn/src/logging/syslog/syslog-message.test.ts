import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WrittenEntry } from '../log-entry.js'
import { syslogMessage, type SyslogSource } from './syslog-message.js'

const source: SyslogSource = { facility: 'mail', hostName: 'mail.example', appName: 'posthorn', processId: 42 }
const entry: WrittenEntry = {
  at: new Date('2026-03-04T05:06:07.089Z'),
  level: 'warn',
  event: 'login-refused',
  text: 'nein, wie schön',
  facts: { code: 535, reply: 'a "b" \\ [c]' },
}

describe('syslogMessage', () => {
  it('is a message of RFC 5424: facts as structured data, UTF-8 behind a byte order mark', () => {
    expect(syslogMessage(entry, source, 2048).toString()).toBe(
      '<20>1 2026-03-04T05:06:07.089Z mail.example posthorn 42 login-refused ' +
        '[posthorn@32473 code="535" reply="a \\"b\\" \\\\ [c\\]"] \ufeffnein, wie schön',
    )
  })

  it('has hyphens for what is not known, and only visible US-ASCII in the header', () => {
    const bare = { ...entry, level: 'error', event: '', facts: {} } as const
    const from = { facility: 'local7', hostName: '', appName: 'pöst horn', processId: 1 } as const
    expect(syslogMessage(bare, from, 2048).toString()).toMatch(/^<187>1 \S+ - p_st_horn 1 - - \ufeff/)
  })

  it('never is larger than allowed, is cut between characters, and keeps whole parameters', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 600 })
    fc.assert(
      fc.property(
        text,
        fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), text),
        fc.integer({ min: 480, max: 1200 }),
        (words, facts, limit) => {
          const message = syslogMessage({ ...entry, text: words, facts }, source, limit)
          expect(message.length).toBeLessThanOrEqual(limit)
          const whole = new TextDecoder('utf-8', { fatal: true }).decode(message)
          const parts =
            /^<20>1 (?:\S+ ){5}(?:-|\[posthorn@32473(?: \w="(?:[^"\\\]]|\\["\\\]])*")+\]) \ufeff([^]*)$/.exec(whole)
          expect(words.startsWith(parts![1]!)).toBe(true)
        },
      ),
    )
  })
})
