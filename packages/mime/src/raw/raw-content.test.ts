import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { rawContent, type RawContentOptions } from './raw-content.js'
import { readyOctets } from './ready-octets.js'
import type { RawSource } from './raw-source.js'

const HEADER = 'Subject: a\r\nMIME-Version: 1.0\r\n'

async function* inChunks(octets: Uint8Array, size = 5): AsyncGenerator<Uint8Array> {
  const memory = Buffer.alloc(size) // the same for each chunk
  for (let at = 0; at < octets.length; at += size) {
    const chunk = octets.subarray(at, at + size)
    memory.set(chunk)
    yield memory.subarray(0, chunk.length)
  }
}

/** What is sent of a message, by each way it can come; all must be the same, known to the octet, and the same again. */
async function sent(message: string | Buffer, options: RawContentOptions = {}, size = 5) {
  const octets = typeof message === 'string' ? Buffer.from(message) : message
  const sources: RawSource[] = [
    octets,
    () => inChunks(octets, size),
    inChunks(octets, size),
    { open: () => inChunks(octets, size) },
  ]
  const results = []
  for (const source of sources) {
    const content = await rawContent(source, options)
    const text = (await collect(content)).toString('latin1')
    expect(content.sizeOctets).toBe(text.length)
    expect((await collect(content)).toString('latin1')).toBe(text)
    const { canonical, encoding, utf8Header } = content
    results.push({ text, canonical, encoding, utf8Header })
    content.release?.()
  }
  for (const result of results) expect(result).toEqual(results[0])
  return results[0]!
}

/** The lines of the header section, and the empty one behind it, do not all end alike. */
const isMixed = (message: string) =>
  new Set(/^(?:[^\r\n]+(?:\r\n|\r|\n|$))*(?:\r\n|\r|\n)?/.exec(message)?.[0].match(/\r\n|\r|\n/g)).size > 1

describe('rawContent', () => {
  it('[part of ipworks.behaviour.mime-attachments] a ready-made multipart arrives octet for octet, whatever it comes from', async () => {
    const message =
      `${HEADER}Content-Type: multipart/mixed; boundary="b"\r\n\r\nno MIME reader\r\n--b\r\n\r\ntext  \r\n` +
      `--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n\r\n`
    const { text, ...known } = await sent(message)
    expect(text).toBe(message)
    expect(known).toEqual({ canonical: true, encoding: '7bit', utf8Header: false })
    const octets = Buffer.from(message)
    expect((await rawContent(octets)).octets).toBe(octets) // not even copied
    const content = await rawContent(message)
    expect(content.recode('7bit').octets).toBe(content.octets)
  })

  it('reads a file for each opening, and says when it has changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-raw-'))
    try {
      const path = join(folder, 'message.eml')
      const message = Buffer.from(`${HEADER}\r\n${'ü and some more text\r\n'.repeat(40_000)}`)
      await writeFile(path, message)
      const content = await rawContent({ path })
      expect([content.sizeOctets, content.encoding, content.octets]).toEqual([message.length, '8bit', undefined])
      expect((await collect(content)).equals(message)).toBe(true)
      const recoded = content.recode('7bit')
      expect((await collect(recoded)).equals(Buffer.from((await rawContent(message)).recode('7bit').octets!))).toBe(
        true,
      )
      await writeFile(path, 'another\r\n')
      await expect(collect(content)).rejects.toMatchObject({ code: 'content.changed' })
      await expect(rawContent({ path: join(folder, 'none') })).rejects.toMatchObject({ code: 'content.unreadable' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('repairs line ends whatever the chunks, and completes the last line', async () => {
    const unit = fc.constantFrom('a', ': b', 'é', '\r\n', '\n', '\r', '.', ' ')
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 20 }), fc.integer({ min: 1, max: 8 }), async (given, size) => {
        const message = `A: ${given}`
        fc.pre(!isMixed(message))
        const { text, canonical } = await sent(message, {}, size)
        const whole = /[\r\n]$/.test(message) ? message : `${message}\r\n`
        expect(Buffer.from(text, 'latin1').toString()).toBe(whole.replace(/\r\n|\r|\n/g, '\r\n'))
        expect(canonical).toBe(true)
      }),
    )
  })

  it('repairs a header section whose lines end alike, and refuses one in which a CR or LF would become a field', async () => {
    for (const end of ['\n', '\r']) {
      const message = ['Subject: hi', 'To: a@a.example', '', 'text', ''].join(end)
      expect((await sent(message)).text).toBe(message.replaceAll(end, '\r\n'))
      expect((await sent(`${message}more\r\n`)).text).toBe(`${message}more\r\n`.replace(/\r\n|\r|\n/g, '\r\n'))
    }
    const cases: [string, number][] = [
      ['Subject: hi\rX-Injected: yes\r\n\r\ntext\r\n', 27],
      ['Subject: hi\r\nTo: b@b.example\nX-Injected: yes\r\n\r\ntext\r\n', 28],
      ['Subject: hi\r\nTo: b@b.example\r\r\r\n\r\ntext\r\n', 28],
      ['Subject: hi\nTo: b@b.example\rX-Injected: yes\n\ntext\n', 27],
      ['Subject: hi\r\n\ntext\r\n', 13],
    ]
    for (const [message, offset] of cases) {
      const refused = { code: 'content.line-ends', message: expect.stringContaining(`octet ${offset} `) as string }
      for (const source of [message, () => inChunks(Buffer.from(message))]) {
        for (const lineEnds of ['repair', 'untouched'] as const)
          await expect(rawContent(source, { lineEnds })).rejects.toMatchObject(refused)
      }
      expect(() => readyOctets(Buffer.from(message)).recode?.('7bit')).toThrow(expect.objectContaining(refused))
    }
  })

  it('refuses a CR or LF that stands alone when asked to, with its offset', async () => {
    const refuse = { lineEnds: 'refuse' } as const
    expect((await sent(`${HEADER}\r\nbody`, refuse)).text).toBe(`${HEADER}\r\nbody\r\n`)
    const cases: [string, number][] = [
      [`${HEADER}\r\nbo\ndy`, 35],
      [`${HEADER}\r\nbody\r`, 37],
      ['Subject: a\nX: b\r\n\r\n', 10],
      ['Subject: a\rX: b\r\n\r\n', 10],
    ]
    for (const [message, offset] of cases) {
      for (const source of [message, () => inChunks(Buffer.from(message))]) {
        const refused = { code: 'content.line-ends', message: expect.stringContaining(`at octet ${offset} `) as string }
        await expect(rawContent(source, refuse)).rejects.toMatchObject(refused)
      }
    }
  })

  it('leaves the body untouched when asked to, and then it is binary; the header section is repaired', async () => {
    const untouched = { lineEnds: 'untouched' } as const
    const binary = await sent('A: b\nC: d\n\nx\ny\rz\r\n', untouched)
    expect(binary).toEqual({
      text: 'A: b\r\nC: d\r\n\r\nx\ny\rz\r\n',
      canonical: false,
      encoding: 'binary',
      utf8Header: false,
    })
    const crlf = await sent(`${HEADER}\r\nü\r\n`, untouched)
    expect([crlf.canonical, crlf.encoding]).toEqual([true, '8bit'])
    expect((await sent(`${HEADER}\r\nend`, untouched)).text).toBe(`${HEADER}\r\nend`)
  })

  const binaryPart = (lines: string) =>
    Buffer.from(
      `${HEADER}Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\n--b\r\n\r\n${lines}\r\n` +
        '--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\x89PNG\r\n\x1a\n\0\r\xff\r\n--b--\r\n',
      'latin1',
    )

  it('never repairs a part that is declared binary: it goes as it is, or as base64', async () => {
    const message = binaryPart('text')
    const { text, encoding } = await sent(message)
    expect([text, encoding]).toEqual([message.toString('latin1'), 'binary'])
    for (const source of [message, () => inChunks(message)]) {
      const content = await rawContent(source)
      const eight = content.recode('8bit')
      const octets = await collect(eight)
      expect([eight.encoding, eight.canonical, eight.sizeOctets]).toEqual(['8bit', true, octets.length])
      expect(octets.toString('latin1')).toContain(
        'Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoADf8=\r\n--b--\r\n',
      )
      expect(octets.toString('latin1')).toContain('boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n')
      expect((await collect(eight.recode!('7bit'))).equals(await collect(content.recode('7bit')))).toBe(true)
      expect(content.recode('binary').encoding).toBe('binary')
    }
    const mixed = Buffer.from(binaryPart('te\nxt').toString('latin1').replace('\r\n--b--', '\n--b--'), 'latin1')
    const own = await rawContent(mixed)
    expect((own.recode('8bit').octets as Buffer).toString('latin1')).toContain('\r\n\r\ndGUKeHQ=\r\n--b')
    const unclear = Buffer.from(message.toString('latin1').replace('\r\n--b\r\n\r\n', '\n--b\n\n'), 'latin1')
    await expect(rawContent(unclear)).rejects.toMatchObject({ code: 'content.line-ends' })
  })

  it('does not repair a body that is declared binary as a whole, though it has no CRLF', async () => {
    const header = 'MIME-Version: 1.0\r\nContent-Type: application/x-a\r\nContent-Transfer-Encoding: binary\r\n\r\n'
    for (const body of ['a\0b\nc\n', 'G\0r\0\n\0', 'a\rb']) {
      const { text, encoding, canonical } = await sent(header + body)
      expect([text, encoding, canonical]).toEqual([header + body, 'binary', false])
      const content = await rawContent(header + body)
      const encoded = (await collect(content.recode('8bit'))).toString()
      expect(encoded).toMatch(/\r\nContent-Transfer-Encoding: base64\r\n\r\n/)
      expect(Buffer.from(encoded.slice(encoded.indexOf('\r\n\r\n')), 'base64').toString()).toBe(body)
    }
    // and text is text, whoever wrote its header section
    expect((await sent(`${HEADER}\r\na\nb\n`)).text).toBe(`${HEADER}\r\na\r\nb\r\n`)
    // a local file, in which LF is the line end
    expect((await sent((header + 'a\nb\n').replaceAll('\r\n', '\n'))).text).toBe(`${header}a\r\nb\r\n`)
  })

  it('knows a header section in UTF-8 (RFC 6532), and one in another charset', async () => {
    expect(await sent('Subject: ü\r\n\r\nb\r\n')).toMatchObject({ utf8Header: true, encoding: '8bit' })
    expect(await sent(Buffer.from('Subject: \xfc\r\n\r\nb\r\n', 'latin1'))).toMatchObject({
      utf8Header: false,
      encoding: '8bit',
    })
  })

  it('keeps a stream in a temporary file, which goes with the content', async () => {
    const usual = process.env.TMPDIR
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-spill-'))
    process.env.TMPDIR = folder // other tests have temporary files of their own
    try {
      const content = await rawContent(Readable.from([HEADER, '\r\nte', Buffer.from('xt\r\n')]))
      expect(await readdir(folder)).toHaveLength(1)
      expect((await collect(content)).toString()).toBe(`${HEADER}\r\ntext\r\n`)
      content.release?.()
      expect(await readdir(folder)).toEqual([])
    } finally {
      if (usual === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = usual
      await rm(folder, { recursive: true })
    }
  })

  it('says why a source cannot be used, and leaves nothing behind', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(HEADER)
      throw new Error('gone')
    }
    const cause = expect.objectContaining({ message: 'gone' }) as Error
    await expect(rawContent(broken())).rejects.toMatchObject({ code: 'content.source-failed', cause })
    await expect(rawContent(7 as unknown as string)).rejects.toMatchObject({ code: 'content.type' })
    await expect(rawContent(() => [7] as unknown as AsyncIterable<Uint8Array>)).rejects.toMatchObject({
      code: /content\./,
    })
    let count = 0
    const changing = await rawContent(() => inChunks(Buffer.from(`${HEADER}\r\n${'x'.repeat(count++)}`)))
    await expect(collect(changing)).rejects.toMatchObject({ code: 'content.changed' })
    await expect(rawContent('', { lineEnds: 'fix' as 'repair' })).rejects.toMatchObject({ code: 'content.line-ends' })
  })

  it('stops waiting for a stream that stalls when the signal says so', async () => {
    const stop = new AbortController()
    const stalled: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          stop.abort(new Error('enough'))
          return new Promise(() => {})
        },
      }),
    }
    const cause = expect.objectContaining({ message: 'enough' }) as Error
    await expect(rawContent(stalled, { signal: stop.signal })).rejects.toMatchObject({
      code: 'content.source-failed',
      cause,
    })
  })

  it.each([
    ['for its structure', 'Subject: ü\r\n\r\n8 bits: ü\r\n', 2],
    ['for the size of what is encoded', `Content-Type: text/plain\r\n\r\n${'ü'.repeat(50)}\r\n`, 3],
    ['for the parts that are binary', 'A: b\r\n\r\na\nb\r\n', 2],
  ])('stops waiting for a source that stalls when it is read again %s', async (_, message, stallsAt) => {
    const stop = new AbortController()
    let opened = 0
    const source = (): AsyncIterable<Uint8Array> => {
      if (++opened < stallsAt) return inChunks(Buffer.from(message))
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            stop.abort(new Error('enough'))
            return new Promise(() => {})
          },
        }),
      }
    }
    const cause = expect.objectContaining({ message: 'enough' }) as Error
    await expect(rawContent(source, { signal: stop.signal })).rejects.toMatchObject({
      code: 'content.source-failed',
      cause,
    })
    expect(opened).toBe(stallsAt)
  })
})
