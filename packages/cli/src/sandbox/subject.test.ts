import { compose } from 'posthorn'
import { describe, expect, it } from 'vitest'
import { decodeWords, readSubject } from './subject.js'

describe('readSubject', () => {
  it.each(['Hello', 'Grüße aus Köln', '日本語の件名です。'.repeat(8), 'a =?x?= b', ''])(
    'reads back what was composed: %s',
    async (subject) => {
      const { content } = await compose({
        from: 'a@example.test',
        to: 'b@example.test',
        subject,
        text: 'Subject: not this one',
      })
      expect(readSubject(Buffer.from(content.octets!))).toBe(subject)
    },
  )

  it('has nothing to say without a subject', () => {
    expect(readSubject(Buffer.from('To: a@b\r\n\r\nSubject: in the body\r\n'))).toBe('')
    expect(readSubject(Buffer.alloc(0))).toBe('')
  })
})

describe('decodeWords', () => {
  it('leaves alone what it cannot decode', () => {
    expect(decodeWords('=?no-such-charset?B?eA==?= x')).toBe('=?no-such-charset?B?eA==?= x')
  })

  it('decodes other charsets, with a language or without', () => {
    expect(decodeWords('=?iso-8859-1?Q?Gr=FC=DFe?= =?ISO-8859-1*de?q?_da?=')).toBe('Grüße da')
  })
})
