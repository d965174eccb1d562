import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { decodeWords, readMessage, readParameters, valueOf } from '../../test/read-message.js'
import { compose } from '../compose.js'
import type { Draft } from '../draft.js'

const base = { from: 'Anna <anna@example.com>', to: 'ben@example.org' } as const

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-mime-'))
})
afterAll(() => rm(folder, { recursive: true }))

const composed = async (draft: Partial<Draft>) => {
  const message = await compose({ ...base, ...draft })
  return { message, entity: readMessage(await collect(message.content)) }
}
const refusal = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', phase: 'compose', code, field })

describe('attachments', () => {
  const octets = Uint8Array.from({ length: 70_001 }, (_, index) => (index * 31 + (index >> 7)) & 255)
  const inChunks = (sizes: readonly number[]) =>
    async function* () {
      const chunk = new Uint8Array(Math.max(...sizes)) // lent anew for each
      for (let at = 0, index = 0; at < octets.length; index++) {
        const size = Math.min(sizes[index % sizes.length] ?? 1, octets.length - at)
        chunk.set(octets.subarray(at, at + size))
        yield chunk.subarray(0, size)
        at += size
      }
    }

  it('come from a file by its path or URL, with its name and type', async () => {
    const path = join(folder, 'Bericht größe.pdf')
    await writeFile(path, octets)
    const { message, entity } = await composed({
      text: 'x',
      attachments: [{ path }, { path: pathToFileURL(path), filename: 'b.bin' }],
    })
    expect(message.content.octets).toBeUndefined()
    expect((await collect(message.content)).length).toBe(message.content.sizeOctets)
    expect(entity.parts.slice(1).map((part) => part.type)).toEqual(['application/pdf', 'application/octet-stream'])
    for (const part of entity.parts.slice(1)) expect(part.octets.equals(octets)).toBe(true)
    expect(valueOf(entity.parts[1]?.fields ?? [], 'Content-Disposition')).toBe(
      "attachment; filename*=utf-8''Bericht%20gr%C3%B6%C3%9Fe.pdf",
    )
  })

  it('come from a function in chunks of any size, at each opening the same octets', async () => {
    for (const sizes of [[1], [56, 1, 57, 113], [65_536], [70_001]]) {
      const message = await compose({ ...base, attachments: [{ content: inChunks(sizes), sizeOctets: octets.length }] })
      const first = await collect(message.content)
      expect(first.length).toBe(message.content.sizeOctets)
      expect((await collect(message.content)).equals(first)).toBe(true)
      expect(readMessage(first).parts[0]?.octets.equals(octets)).toBe(true)
    }
  })

  it('of unknown size leave the size of the message unknown', async () => {
    const message = await compose({ ...base, attachments: [{ content: inChunks([1000]) }] })
    expect(message.content).not.toHaveProperty('sizeOctets')
    expect(message.content.octets).toBeUndefined()
    expect((await collect(message.content)).equals(await collect(message.content))).toBe(true)
  })

  it('in memory are encoded while sent when they are large, and at once when they are small', async () => {
    const large = new Uint8Array(1_000_000).fill(7)
    const message = await compose({ ...base, text: 'größe', attachments: [{ content: large }] })
    expect(message.content.octets).toBeUndefined()
    const sent = await collect(message.content)
    expect(sent.length).toBe(message.content.sizeOctets)
    expect(readMessage(sent).parts[1]?.octets.equals(large)).toBe(true)
    const small = await compose({
      ...base,
      text: 'größe',
      attachments: [{ content: octets, sizeOctets: octets.length }],
    })
    expect(small.content.octets?.length).toBe(small.content.sizeOctets)
    expect((await collect(small.content)).equals(small.content.octets ?? new Uint8Array())).toBe(true)
  })

  it('that change their size between two openings are an error', async () => {
    const changed = refusal('content.changed', 'attachments[0]')
    let grown = 10
    async function* content() {
      for (let index = 0; index < grown; index++) yield Uint8Array.of(index)
    }
    const settled = await compose({ ...base, attachments: [{ content }] })
    await collect(settled.content)
    for (grown of [9, 11, 0]) await expect(collect(settled.content)).rejects.toEqual(changed)
    grown = 10
    await collect(settled.content)

    const said = await compose({ ...base, attachments: [{ content, sizeOctets: 11 }] })
    await expect(collect(said.content)).rejects.toEqual(changed)
    await expect(compose({ ...base, attachments: [{ content: 'abc', sizeOctets: 4 }] })).rejects.toEqual(changed)

    const path = join(folder, 'growing')
    await writeFile(path, 'abc')
    const file = await compose({ ...base, attachments: [{ path }] })
    await collect(file.content)
    await writeFile(path, 'abcd')
    await expect(collect(file.content)).rejects.toMatchObject({ code: 'content.changed', field: 'attachments[0].path' })
  })

  it('that go on for ever end where their size says', async () => {
    async function* content() {
      for (;;) yield Uint8Array.of(1)
    }
    const endless = await compose({ ...base, attachments: [{ content, sizeOctets: 100_000 }] })
    let given = 0
    const reading = (async () => {
      for await (const chunk of endless.content.open()) given += chunk.length
    })()
    await expect(reading).rejects.toEqual(refusal('content.changed', 'attachments[0]'))
    expect(given).toBeLessThan(endless.content.sizeOctets ?? 0)
  })

  it('close their source when the reader stops early', async () => {
    let closed = false
    async function* content() {
      try {
        for (;;) yield octets
      } finally {
        closed = true
      }
    }
    const { content: opened } = await compose({ ...base, attachments: [{ content }] })
    let read = 0
    for await (const chunk of opened.open()) {
      read += chunk.length
      if (read > 1_000_000) break
    }
    expect(closed).toBe(true)
  })

  it('that fail or are no octets say so', async () => {
    const cause = new Error('disk')
    const failing = await compose({
      ...base,
      attachments: [
        {
          async *content() {
            yield Uint8Array.of(1)
            throw cause
          },
        },
      ],
    })
    await expect(collect(failing.content)).rejects.toMatchObject({
      code: 'content.unreadable',
      field: 'attachments[0].content',
      cause,
    })
    const numbers = async function* () {
      yield 5
    } as unknown as () => AsyncIterable<Uint8Array>
    await expect(
      collect((await compose({ ...base, attachments: [{ content: numbers }] })).content),
    ).rejects.toMatchObject({
      code: 'content.unreadable',
    })
  })

  it.each([
    [{}, 'attachment.source', 'attachments[0]'],
    [{ content: 'a', path: 'b' }, 'attachment.source', 'attachments[0]'],
    [{ content: 4711 as unknown as string }, 'attachment.source', 'attachments[0].content'],
    [{ content: 'a', sizeOctets: -1 }, 'attachment.size', 'attachments[0].sizeOctets'],
    [{ content: 'a', sizeOctets: 0.5 }, 'attachment.size', 'attachments[0].sizeOctets'],
    [{ content: 'a', contentType: 'png' }, 'attachment.content-type', 'attachments[0].contentType'],
    [{ content: 'a', contentType: 'image/png; x="y"; X="z"' }, 'attachment.content-type', 'attachments[0].contentType'],
    [{ content: 'a', contentType: 'message/rfc822' }, 'attachment.content-type', 'attachments[0].contentType'],
    [{ content: 'a', contentType: 'Multipart/mixed' }, 'attachment.content-type', 'attachments[0].contentType'],
    [{ content: 'a', contentId: '<a@b>' }, 'attachment.content-id', 'attachments[0].contentId'],
    [{ content: 'a', contentId: '' }, 'attachment.content-id', 'attachments[0].contentId'],
    [{ content: 'a', disposition: 'x' as 'inline' }, 'attachment.disposition', 'attachments[0].disposition'],
    [{ path: new URL('http://localhost/x') }, 'attachment.path', 'attachments[0].path'],
  ])('%j are refused', async (attachment, code, field) => {
    await expect(compose({ ...base, attachments: [attachment] })).rejects.toEqual(refusal(code, field))
  })

  it('by a path that is no file are refused before anything is sent', async () => {
    for (const path of [join(folder, 'missing'), folder]) {
      await expect(compose({ ...base, attachments: [{ path }] })).rejects.toMatchObject({
        code: 'content.unreadable',
        field: 'attachments[0].path',
      })
    }
  })

  it('with the same Content-ID twice are refused', async () => {
    const attachments = [
      { content: 'a', contentId: 'x' },
      { content: 'b', contentId: 'x' },
    ]
    await expect(compose({ ...base, attachments })).rejects.toEqual(
      refusal('attachment.content-id', 'attachments[1].contentId'),
    )
  })

  it('are what a string stands for', async () => {
    const { entity } = await composed({
      attachments: [
        { content: 'AP8=', encoding: 'base64' },
        { content: '00ff', encoding: 'hex', contentType: 'text/plain' },
        { content: 'größe', filename: 'a.txt' },
        { content: 'größe', contentType: 'text/csv; charset=iso-8859-1; header=present' },
        { content: '10 €', contentType: 'text/csv; charset=iso-8859-1' },
        { content: 'größe', contentType: 'application/json' },
      ],
    })
    expect(
      entity.parts.map((part) => [part.type, part.parameters.get('charset'), part.octets.toString('latin1')]),
    ).toEqual([
      ['application/octet-stream', undefined, '\0\xff'],
      ['text/plain', undefined, '\0\xff'],
      ['text/plain', 'utf-8', Buffer.from('größe').toString('latin1')],
      ['text/csv', 'iso-8859-1', 'größe'],
      ['text/csv', 'utf-8', Buffer.from('10 €').toString('latin1')],
      ['application/json', undefined, Buffer.from('größe').toString('latin1')],
    ])
  })

  it('come from a Blob or a File, with its name and type, as often as is asked', async () => {
    const { message, entity } = await composed({
      attachments: [
        { content: new File([octets], 'C:\\dir\\größe.png', { type: 'image/png' }) },
        { content: new File(['x'], 'a.pdf') },
        { content: new Blob(['x'], { type: 'message/rfc822' }) },
      ],
    })
    expect(entity.parts.map((part) => part.type)).toEqual(['image/png', 'application/pdf', 'application/octet-stream'])
    expect(entity.parts[0]?.octets.equals(octets)).toBe(true)
    expect(valueOf(entity.parts[0]?.fields ?? [], 'Content-Disposition')).toBe(
      "attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.png",
    )
    expect((await collect(message.content)).length).toBe(message.content.sizeOctets)
  })

  it('come from a function in any form, now or later', async () => {
    for (const content of [
      () => new Blob([octets]).stream(),
      () => Promise.resolve(new Blob([octets]).stream() as unknown as AsyncIterable<Uint8Array>),
      () => Promise.resolve(Readable.from([octets]) as AsyncIterable<Uint8Array>),
    ]) {
      const { message, entity } = await composed({ attachments: [{ content }] })
      expect(entity.parts[0]?.octets.equals(octets)).toBe(true)
      expect((await collect(message.content)).equals(await collect(message.content))).toBe(true)
      expect(message.content).not.toHaveProperty('release')
    }
    const nothing = (() => Promise.resolve()) as unknown as () => AsyncIterable<Uint8Array>
    const rejected = () => Promise.reject<AsyncIterable<Uint8Array>>(new Error('gone'))
    for (const content of [nothing, rejected]) {
      const { content: opened } = await compose({ ...base, attachments: [{ content }] })
      await expect(collect(opened)).rejects.toMatchObject({ code: 'content.unreadable' })
    }
  })

  it('come from a data: URL, and from elsewhere only by the access', async () => {
    const asked: string[] = []
    const access = {
      files: 'none',
      fetch: (url: URL) => {
        asked.push(url.href)
        return Promise.resolve(Readable.from([octets]) as AsyncIterable<Uint8Array>)
      },
    } as const
    const attachments = [
      { url: 'data:text/csv;charset=utf-8;base64,YTti' },
      { url: 'https://example.com/pictures/gr%C3%B6%C3%9Fe.png?x=1#y' },
      { url: new URL('https://example.com/'), filename: 'a.pdf' },
    ]
    const message = await compose({ ...base, attachments }, { access })
    const { parts } = readMessage(await collect(message.content))
    expect(parts.map((part) => part.type)).toEqual(['text/csv', 'image/png', 'application/pdf'])
    expect(parts[0]?.octets.toString()).toBe('a;b')
    expect(parts[1]?.octets.equals(octets)).toBe(true)
    expect(valueOf(parts[1]?.fields ?? [], 'Content-Disposition')).toContain("filename*=utf-8''gr%C3%B6%C3%9Fe.png")
    expect(asked).toEqual(['https://example.com/pictures/gr%C3%B6%C3%9Fe.png?x=1#y', 'https://example.com/'])
    for (const url of ['https://example.com/x', 'blob:x', 'ftp://example.com/x']) {
      await expect(compose({ ...base, attachments: [{ url }] })).rejects.toEqual(
        refusal('attachment.access', 'attachments[0].url'),
      )
    }
    const failing = { files: 'none', fetch: () => Promise.reject(new Error('down')) } as const
    await expect(compose({ ...base, attachments }, { access: failing })).rejects.toEqual(
      refusal('content.unreadable', 'attachments[1].url'),
    )
  })

  it('are not fetched for the HTML, whatever it shows', async () => {
    const fetch = () => Promise.reject(new Error('must not be asked'))
    const html =
      '<img src="https://example.com/a.png"><img src="data:image/png;base64,AAAA"><img src="file:///etc/passwd">'
    const message = await compose({ ...base, html }, { access: { files: 'none', fetch } })
    expect(readMessage(await collect(message.content)).octets.toString()).toBe(`${html}\r\n`)
  })

  it('have a name in both forms, which is text and nothing else', async () => {
    const { entity } = await composed({
      attachments: [
        { content: 'a', filename: '../../etc/passwd' },
        { content: 'a', filename: 'a"; filename=b.exe; x="' },
        { content: 'a', filename: 'größe.pdf', description: 'Größe' },
        { content: 'a', filename: 'x.txt', contentType: 'text/plain; name=y.txt' },
      ],
    })
    const names = entity.parts.map((part) => {
      const { parameters } = readParameters(valueOf(part.fields, 'Content-Disposition') ?? '')
      return [part.parameters.get('name'), parameters.get('filename'), parameters.size]
    })
    expect(names).toEqual([
      ['../../etc/passwd', '../../etc/passwd', 1],
      ['a"; filename=b.exe; x="', 'a"; filename=b.exe; x="', 1],
      ['größe.pdf', 'größe.pdf', 1],
      ['x.txt', 'x.txt', 1],
    ])
    expect(decodeWords(valueOf(entity.parts[2]?.fields ?? [], 'Content-Description') ?? '')).toBe('Größe')
  })

  it('have one name only: filename takes the place of one in the type, and an empty one is none', async () => {
    const pdf = 'application/pdf; name="evil.exe"'
    const { entity } = await composed({
      attachments: [
        { content: 'a', filename: 'a.pdf', contentType: pdf },
        { content: new File(['a'], 'a.pdf', { type: pdf }) },
        { url: `data:${pdf},x`, filename: 'a.pdf' },
        { content: 'a', filename: '' },
      ],
    })
    expect(entity.parts.map((part) => part.parameters.get('name'))).toEqual(['a.pdf', 'a.pdf', 'a.pdf', undefined])
    expect(valueOf(entity.parts[3]?.fields ?? [], 'Content-Disposition')).toBe('attachment')
  })

  it('may have a semicolon behind their type, and a Blob whose type is none goes by its name', async () => {
    const { entity } = await composed({
      attachments: [
        { content: 'a', contentType: 'text/csv;' },
        { content: 'a', contentType: 'text/csv; header=present ; ' },
        { content: new File(['a'], 'a.png', { type: 'pdf' }) },
        { content: new Blob(['a'], { type: 'text/plain;;' }) },
        { content: new Blob(['a'], { type: 'pdf' }) },
      ],
    })
    const types = ['text/csv', 'text/csv', 'image/png', 'text/plain', 'application/octet-stream']
    expect(entity.parts.map((part) => part.type)).toEqual(types)
  })

  it('are looked at as a whole before the first source is read', async () => {
    for (const bad of [
      { description: 'a\nb' },
      { contentType: 'pdf' },
      { contentId: 'a b' },
      { filename: 'a\nb' },
      { sizeOctets: -1 },
      { encoding: 'hex' as const },
    ]) {
      let reads = 0
      const content = (): AsyncIterable<Uint8Array> => ({
        [Symbol.asyncIterator]: () => ({
          next: () => {
            reads++
            return Promise.resolve({ done: true, value: undefined })
          },
        }),
      })
      for (const attachments of [
        [{ content: content(), ...bad }],
        [{ content: content() }, { content: 'x', ...bad }],
      ]) {
        if ('encoding' in bad && attachments.length > 1) continue // 'x' is a string, and no hexadecimal digit
        await expect(compose({ ...base, attachments })).rejects.toHaveProperty('phase', 'compose')
      }
      expect(reads).toBe(0)
    }
  })

  it('that are fetched may come as a response or a web stream, with the type it names', async () => {
    const access = (answer: Response | ReadableStream<Uint8Array> | string) =>
      ({ files: 'none', fetch: () => Promise.resolve(answer as Response) }) as const
    const typed = (type: string) => new Response('abc', { headers: { 'content-type': type } })
    const attachments = [{ url: 'https://example.com/a.bin' }]
    for (const [answer, type, text] of [
      [typed('image/png'), 'image/png', 'abc'],
      [typed('application/octet-stream'), 'application/octet-stream', 'abc'],
      [typed('nonsense'), 'application/octet-stream', 'abc'],
      [typed('multipart/mixed; boundary=x'), 'application/octet-stream', 'abc'],
      [new Response(null, { status: 204 }), 'application/octet-stream', ''],
      [new Blob(['abc']).stream(), 'application/octet-stream', 'abc'],
    ] as const) {
      const { content } = await compose({ ...base, attachments }, { access: access(answer) })
      const part = readMessage(await collect(content)).parts[0]
      expect([part?.type, part?.octets.toString()]).toEqual([type, text])
    }
    const own = await compose(
      { ...base, attachments: [{ url: 'https://example.com/', contentType: 'text/csv' }] },
      { access: access(typed('image/png')) },
    )
    expect(readMessage(await collect(own.content)).parts[0]?.type).toBe('text/csv')
    for (const answer of [new Response('no', { status: 404 }), 'abc']) {
      await expect(compose({ ...base, attachments }, { access: access(answer) })).rejects.toEqual(
        refusal('content.unreadable', 'attachments[0].url'),
      )
    }
  })

  it.each(['=?utf-8?Q?=0D=0ABcc=3A_x?=', 'a=?utf-8?B?DQo?=@b.example'])(
    'have no Content-ID that looks like an encoded-word, such as %s',
    async (contentId) => {
      await expect(compose({ ...base, html: 'h', attachments: [{ content: 'a', contentId }] })).rejects.toEqual(
        refusal('attachment.content-id', 'attachments[0].contentId'),
      )
    },
  )

  it.each([
    [{ content: 'a', url: 'data:,x' }, 'attachment.source', 'attachments[0]'],
    [{ content: 'a', message: 'From: x' }, 'attachment.source', 'attachments[0]'],
    [{ url: 'no url' }, 'attachment.url', 'attachments[0].url'],
    [{ url: 'data:message/rfc822,x' }, 'attachment.content-type', 'attachments[0].url'],
    [{ url: 'data:text/plain;x y,x' }, 'attachment.content-type', 'attachments[0].url'],
    [{ content: new Uint8Array(1), encoding: 'hex' as const }, 'attachment.encoding', 'attachments[0].encoding'],
    [{ content: 'a', encoding: 'utf16' as 'hex' }, 'attachment.encoding', 'attachments[0].encoding'],
    [{ content: 'a', contentType: 'text/plain; charset=nonsense' }, 'compose.charset', 'attachments[0].contentType'],
    [{ content: 'a', description: 'a\r\nBcc: x' }, 'draft.control-character', 'attachments[0].description'],
    [{ content: 'a', filename: 'a\nb' }, 'draft.control-character', 'attachments[0].filename'],
    [{ content: new File(['x'], 'a\nb') }, 'draft.control-character', 'attachments[0].content'],
    [{ content: new Blob(['x']), sizeOctets: 2 }, 'content.changed', 'attachments[0]'],
  ])('%j are refused as well', async (attachment, code, field) => {
    await expect(compose({ ...base, attachments: [attachment] })).rejects.toEqual(refusal(code, field))
  })
})
