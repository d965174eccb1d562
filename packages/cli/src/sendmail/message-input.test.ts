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
    expect(await read('A: 1\n b\nB: 2\n\nText\n\nmore')).toEqual({ header: 'A: 1\n b\nB: 2\n', body: 'Text\n\nmore' })
    expect(await read('A: 1\r\n\r\nText')).toEqual({ header: 'A: 1\r\n', body: 'Text' })
    expect(await read('A: 1')).toEqual({ header: 'A: 1\n', body: '' })
    expect(await read('')).toEqual({ header: '', body: '' })
  })

  it('is all body when it does not begin with a header field', async () => {
    expect(await read('Dear Anna,\n\nhello')).toEqual({ header: '', body: 'Dear Anna,\n\nhello' })
    expect(await read('\nhello')).toEqual({ header: '', body: 'hello' })
    expect(await read(' A: 1\n\nhello')).toEqual({ header: '', body: ' A: 1\n\nhello' })
    const long = `${'x'.repeat(3_000_000)}: y`
    const { header, body } = await read(long, true, [65_536])
    expect(header).toBe('')
    expect(body === long).toBe(true)
  })

  it('goes on with the body where a line is no header field, though no empty line stands there', async () => {
    expect(await read('Subject: disk full\n/dev/sda1 is 98% full\nA: 1\n')).toEqual({
      header: 'Subject: disk full\n',
      body: '/dev/sda1 is 98% full\nA: 1\n',
    })
    expect(await read('A: 1\r\nhello there')).toEqual({ header: 'A: 1\r\n', body: 'hello there' })
  })

  it('loses the line that a mailbox file puts in front, and only that', async () => {
    expect(await read('From root Sat Nov 21 20:00:00 2026\nA: 1\n\nText')).toEqual({ header: 'A: 1\n', body: 'Text' })
    expect(await read('From now on:\n\nText')).toEqual({ header: '', body: 'From now on:\n\nText' })
    expect(await read('From all of us')).toEqual({ header: '', body: 'From all of us' })
    expect(await read('From root today\n folded: 1\n')).toEqual({ header: '', body: 'From root today\n folded: 1\n' })
  })

  it('ends with a line that is a dot, unless dots are ignored', async () => {
    expect((await read('A: 1\n\nText\n.\nnot this\n')).body).toBe('Text\n')
    expect((await read('A: 1\n\nText\n.\nthis\n', true)).body).toBe('Text\n.\nthis\n')
    expect((await read('A: 1\n\n.hidden\n..\n')).body).toBe('.hidden\n..\n')
    expect((await read('.\nnot this')).body).toBe('')
  })

  it('is the same in any chunks', async () => {
    const pieces = ['A: 1', '.', '\n', '\r\n', '\n\n', '..', 'x', ' ', 'From a', '\nB:']
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
        fc.boolean(),
        async (parts, sizes, dots) => {
          const whole = parts.join('')
          const got = await read(whole, dots, sizes)
          expect(got).toEqual(await read(whole, dots))
        },
      ),
    )
  })

  it('has a header section of at most 1 MiB', async () => {
    await expect(read(`A: ${'x'.repeat(1_100_000)}`, true)).rejects.toMatchObject({ code: 'content.header' })
    await expect(read('A: 1\n'.repeat(220_000), true, [65_536])).rejects.toMatchObject({ code: 'content.header' })
  })
})
