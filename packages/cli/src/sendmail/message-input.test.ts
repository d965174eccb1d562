import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMessageInput } from './message-input.js'

async function* chunks(octets: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (let turn = 0; at < octets.length; turn++) {
    const size = sizes[turn % Math.max(1, sizes.length)] ?? 7
    yield octets.subarray(at, at + size)
    at += size
  }
}

async function read(text: string, ignoreDots = false, sizes: readonly number[] = [1000]) {
  const input = await readMessageInput(chunks(Buffer.from(text, 'latin1'), sizes), ignoreDots)
  let body = ''
  for await (const chunk of input.body) body += Buffer.from(chunk).toString('latin1')
  return { header: input.header, body }
}

describe('a message on standard input', () => {
  it('is taken apart at the empty line', async () => {
    expect(await read('A: 1\n b\nB: 2\n\nText\n\nmore')).toEqual({ header: 'A: 1\n b\nB: 2\n', body: '\nText\n\nmore' })
    expect(await read('A: 1\r\n\r\nText')).toEqual({ header: 'A: 1\r\n', body: '\r\nText' })
    expect(await read('A: 1')).toEqual({ header: 'A: 1\n', body: '\n' })
    expect(await read('')).toEqual({ header: '', body: '\n' })
  })

  it('is all body when it does not begin with a header field', async () => {
    expect(await read('Dear Anna,\n\nhello')).toEqual({ header: '', body: '\nDear Anna,\n\nhello' })
    expect(await read('\nhello')).toEqual({ header: '', body: '\nhello' })
  })

  it('ends with a line that is a dot, unless dots are ignored', async () => {
    expect((await read('A: 1\n\nText\n.\nnot this\n')).body).toBe('\nText\n')
    expect((await read('A: 1\n\nText\n.\nthis\n', true)).body).toBe('\nText\n.\nthis\n')
    expect((await read('A: 1\n\n.hidden\n..\n')).body).toBe('\n.hidden\n..\n')
    expect((await read('.\nnot this')).body).toBe('\n')
  })

  it('is the same in any chunks', async () => {
    const text = fc.array(fc.constantFrom('A: 1', '.', '\n', '\r\n', '\n\n', '..', 'x', ' '), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
        fc.boolean(),
        async (parts, sizes, dots) => {
          const whole = parts.join('')
          expect(await read(whole, dots, sizes)).toEqual(await read(whole, dots))
        },
      ),
    )
  })

  it('has a header section of at most 1 MiB', async () => {
    await expect(read(`A: ${'x'.repeat(1_100_000)}`, true)).rejects.toMatchObject({ code: 'content.header' })
  })
})
