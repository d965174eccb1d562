import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerFields, readHeader } from './header-section.js'

async function* chunks(octets: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < octets.length; from += size) yield octets.subarray(from, from + size)
}

async function cutAt(message: string, size: number): Promise<[header: string, body: string]> {
  const source = chunks(Buffer.from(message), size)[Symbol.asyncIterator]()
  const { header, rest } = await readHeader(source)
  let body = rest.toString()
  for (let next = await source.next(); !next.done; next = await source.next())
    body += Buffer.from(next.value).toString()
  return [header.toString(), body]
}

describe('readHeader', () => {
  it.each([
    ['CRLF', 'To: a@b\r\nX: 1\r\n\r\n', 'body\r\n\r\nmore'],
    ['LF alone', 'To: a@b\nX: 1\n\n', 'body\n\nmore'],
    ['both', 'To: a@b\nX: 1\r\n\n', 'body'],
    ['no header at all', '\r\n', 'body'],
    ['no body at all', 'To: a@b\r\n', ''],
  ])('cuts behind the empty line whatever the chunks: %s', async (_what, header, body) => {
    for (const size of [1, 2, 3, 7, 1000]) expect(await cutAt(header + body, size)).toEqual([header, body])
  })

  it('gives up on what has no end', async () => {
    const endless = chunks(Buffer.alloc(3 * 1024 * 1024, 'x'), 64 * 1024)[Symbol.asyncIterator]()
    await expect(readHeader(endless)).rejects.toMatchObject({ code: 'content.header' })
  })
})

describe('headerFields', () => {
  it('unfolds values and keeps the lines as they were', () => {
    const [to, subject] = headerFields(Buffer.from('To: a@b,\r\n c@d\r\nSUBJECT : Grüße\r\n\r\n'))
    expect(to).toEqual({ name: 'to', value: 'a@b, c@d', lines: 'To: a@b,\r\n c@d\r\n' })
    expect(subject).toMatchObject({ name: 'subject', value: 'Grüße' })
  })

  it('keeps every octet in the lines of some field', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ':', ' ', '\t', '\r\n', '\n', 'ü', '-') }), (text) => {
        const octets = Buffer.from(text.replace(/(\r?\n)(?=\r?\n)/g, '')) // without empty lines
        const kept = headerFields(octets).map(({ lines }) => lines)
        const without = octets.toString('latin1').replace(/^\r?\n/, '')
        expect(kept.join('')).toBe(without)
      }),
    )
  })
})
