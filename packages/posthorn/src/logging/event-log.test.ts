import { describe, expect, it } from 'vitest'
import { EventLog, type Run } from './event-log.js'
import type { WrittenEntry } from './log-entry.js'

const entry = (text: string, level: WrittenEntry['level'] = 'info'): WrittenEntry => ({
  at: new Date(0),
  level,
  event: 'connect',
  text,
  facts: {},
})

describe('EventLog', () => {
  it('is refused where there is none, and names what takes its place', () => {
    expect(() => new EventLog({ tell: () => {}, platform: 'linux' })).toThrow(
      expect.objectContaining({
        code: 'logging.eventlog',
        hint: expect.stringContaining("'syslog'") as string,
      }),
    )
  })

  it('starts eventcreate.exe for each entry, one after the other, and no shell reads the text', async () => {
    const calls: (readonly string[])[] = []
    const ended: ((error: Error | null) => void)[] = []
    const run: Run = (file, words, done) => {
      calls.push([file, ...words])
      ended.push(done)
    }
    const log = new EventLog({ tell: () => {}, platform: 'win32', run })
    log.write(entry('one & "two"', 'warn'))
    log.write(entry('three', 'error'))
    expect(calls).toHaveLength(1)
    expect(calls[0]).toEqual([
      expect.stringMatching(/\\System32\\eventcreate\.exe$/),
      ...['/L', 'APPLICATION', '/SO', 'Posthorn', '/ID', '1', '/T', 'WARNING', '/D', 'connect: one & "two"'],
    ])
    ended[0]!(null)
    await Promise.resolve()
    await Promise.resolve()
    expect(calls[1]).toContain('ERROR')
    ended[1]!(null)
    await log.close()
  })

  it('counts what comes too fast, and tells once that it does not work', async () => {
    const told: string[] = []
    const texts: string[] = []
    const run: Run = (_, words, done) => {
      texts.push(words.at(-1)!)
      queueMicrotask(() => done(texts.length < 3 ? new Error('access denied') : null))
    }
    const log = new EventLog({ tell: (text) => void told.push(text), platform: 'win32', run })
    for (let number = 0; number < 300; number++) log.write(entry(String(number)))
    await log.close()
    expect(texts.length).toBe(201)
    log.write(entry('last'))
    await log.close()
    expect(texts.slice(0, 2)).toEqual(['connect: 0', 'connect: 1 (99 entries before it were dropped)'])
    expect(told).toHaveLength(1)
  })
})
