import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeaderCut, headerFields, withoutFields } from './header-section.js'

function cutAt(message: string, size: number): [header: string, body: string] {
  const cutting = new HeaderCut()
  const octets = Buffer.from(message)
  for (let at = 0; at < octets.length; at += size) {
    const cut = cutting.push(octets.subarray(at, at + size))
    if (cut) return [cut.header.toString(), Buffer.concat([cut.rest, octets.subarray(at + size)]).toString()]
  }
  return [cutting.end().header.toString(), '']
}

describe('HeaderCut', () => {
  it.each([
    ['CRLF', 'To: a@b\r\nX: 1\r\n\r\n', 'body\r\n\r\nmore'],
    ['LF alone', 'To: a@b\nX: 1\n\n', 'body\n\nmore'],
    ['both', 'To: a@b\nX: 1\r\n\n', 'body'],
    ['CR alone', 'To: a@b\rX: 1\r\r', 'body\r\rmore'],
    ['CR alone before CRLF', 'To: a@b\r\r\n', 'body'],
    ['no header at all', '\r\n', 'body'],
    ['no body at all', 'To: a@b\r\n', ''],
    ['nothing', '', ''],
  ])('cuts behind the empty line whatever the chunks: %s', (_what, header, body) => {
    for (const size of [1, 2, 3, 7, 1000]) expect(cutAt(header + body, size)).toEqual([header, body])
  })

  it('gives up on what has no end', () => {
    const cutting = new HeaderCut()
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const push = () => {
      for (let count = 0; count < 32; count++) cutting.push(chunk)
    }
    expect(push).toThrow(expect.objectContaining({ code: 'content.header' }))
  })

  it('a header section in single octets is cut in linear time', () => {
    const [header] = cutAt(`${'X-A: b\r\n'.repeat(25_000)}\r\nbody`, 1)
    expect(header).toHaveLength(200_002)
  })
})

describe('headerFields', () => {
  it('unfolds values and keeps names and lines as they were', () => {
    const [to, subject, none] = headerFields(Buffer.from('To: a@b,\r\n c@d\r\nSUBJECT : Grüße\r\nno field\r\n\r\n'))
    expect(to).toEqual({ name: 'To', key: 'to', value: 'a@b, c@d', lines: 'To: a@b,\r\n c@d\r\n' })
    expect(subject).toMatchObject({ name: 'SUBJECT', key: 'subject', value: 'Grüße' })
    expect(none).toEqual({ name: '', key: '', value: '', lines: 'no field\r\n' })
  })

  it('keeps every octet in the lines of some field', () => {
    const unit = fc.constantFrom('a', ':', ' ', '\t', '\r\n', '\n', 'ü', '-')
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        const octets = Buffer.from(text.replace(/(\r?\n)(?=\r?\n)/g, '')) // without empty lines
        const kept = headerFields(octets).map(({ lines }) => lines)
        expect(kept.join('')).toBe(octets.toString('latin1').replace(/^\r?\n/, ''))
      }),
    )
  })
})

describe('withoutFields', () => {
  it('takes out whole fields and leaves every other octet', () => {
    const header = Buffer.from('A: 1\r\nBcc: x,\r\n y\r\nB : ü\r\nbcc:z\r\n\r\n')
    const kept = withoutFields(header, headerFields(header), ({ key }) => key === 'bcc')
    expect(kept.toString()).toBe('A: 1\r\nB : ü\r\n\r\n')
    expect(withoutFields(header, headerFields(header), () => false)).toBe(header)
  })
})
