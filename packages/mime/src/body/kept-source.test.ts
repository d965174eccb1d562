import { readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { readMessage } from '../../test/read-message.js'
import { compose } from '../compose.js'
import type { OctetSource } from '../draft.js'
import { keptSource } from './kept-source.js'

let folder: string
const before = process.env.TMPDIR
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-kept-'))
  process.env.TMPDIR = folder
})
afterAll(async () => {
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  await rm(folder, { recursive: true })
})

const octets = Uint8Array.from({ length: 700_001 }, (_, index) => (index * 31 + (index >> 7)) & 255)
const left = () => readdirSync(folder)
const refusal = (code: string): unknown => expect.objectContaining({ name: 'SettingsError', code })

async function* chunks(size: number, failAt = Infinity): AsyncGenerator<Uint8Array, void, undefined> {
  const lent = new Uint8Array(size)
  for (let at = 0; at < octets.length; at += size) {
    if (at >= failAt) throw new Error('disk')
    const part = octets.subarray(at, at + size)
    lent.set(part)
    yield lent.subarray(0, part.length)
  }
}

describe('a stream that can be read once', () => {
  it.each<[string, () => OctetSource]>([
    ['async iterable', () => chunks(1000)],
    ['node stream', () => Readable.from(chunks(65_536))],
    ['web stream', () => new Blob([octets]).stream()],
    ['web stream without an iterator', () => withoutIterator(new Blob([octets]).stream())],
  ])(
    'such as a %s, is written to a file only its owner reads, and goes the same at each opening',
    async (_name, content) => {
      const message = await compose({ from: 'a@b.example', to: 'a@b.example', attachments: [{ content: content() }] })
      const [file, ...others] = left()
      expect(others).toEqual([])
      expect(statSync(join(folder, file ?? '')).mode & 0o777).toBe(0o600)
      const first = await collect(message.content)
      expect(readMessage(first).parts[0]?.octets.equals(octets)).toBe(true)
      expect(first.length).toBe(message.content.sizeOctets)
      expect((await collect(message.content)).equals(first)).toBe(true)
      message.content.release?.()
      message.content.release?.()
      expect(left()).toEqual([])
      await expect(collect(message.content)).rejects.toEqual(refusal('content.released'))
    },
  )

  it('stays in memory when it is short, as text too', async () => {
    const message = await compose({
      from: 'a@b.example',
      to: 'a@b.example',
      attachments: [{ content: Readable.from(['größe', ' und ', Buffer.from('mehr')]) }],
    })
    expect(left()).toEqual([])
    expect(message.content.octets).toBeDefined()
    expect(message.content).not.toHaveProperty('release')
    expect(readMessage(await collect(message.content)).parts[0]?.octets.toString()).toBe('größe und mehr')
  })

  it('leaves no file behind when it fails, is not as long as was said, or something else is refused', async () => {
    await expect(keptSource(chunks(1000, 600_000), undefined, 'x')).rejects.toEqual(refusal('content.unreadable'))
    for (const size of [octets.length - 1, octets.length + 1, 10])
      await expect(keptSource(chunks(1000), size, 'x')).rejects.toEqual(refusal('content.changed'))
    const draft = { from: 'a@b.example', to: 'a@b.example' }
    for (const attachments of [
      [{ content: chunks(1000) }, { path: join(folder, 'missing') }],
      [
        { content: chunks(1000), contentId: 'x' },
        { content: chunks(1000), contentId: 'x' },
      ],
      [{ message: { ...draft, attachments: [{ content: chunks(1000) }] } }, { content: 5 as unknown as string }],
    ]) {
      await expect(compose({ ...draft, attachments })).rejects.toHaveProperty('code')
      expect(left()).toEqual([])
    }
  })

  it('is closed when it gives more than was said', async () => {
    let closed = false
    async function* endless() {
      try {
        for (;;) yield new Uint8Array(1000)
      } finally {
        closed = true
      }
    }
    await expect(keptSource(endless(), 5000, 'x')).rejects.toEqual(refusal('content.changed'))
    expect(closed).toBe(true)
  })

  it('in a message within a message is freed with the outer one', async () => {
    const inner = { from: 'a@b.example', attachments: [{ content: chunks(1000) }] }
    const { content } = await compose({ from: 'a@b.example', to: 'a@b.example', attachments: [{ message: inner }] })
    expect(left()).toHaveLength(1)
    content.recode?.('8bit').release?.()
    expect(left()).toEqual([])
  })

  it('that nobody released leaves no file behind when the process ends', async () => {
    const before = process.listeners('exit')
    const source = await keptSource(chunks(1000), undefined, 'x')
    expect(left()).toHaveLength(1)
    const added = process.listeners('exit').filter((listener) => !before.includes(listener))
    for (const listener of added) listener.call(process, 0)
    expect(left()).toEqual([])
    source.release?.()
    expect(process.listeners('exit')).toEqual(before)
  })

  it('without room for its file is an error that says so', async () => {
    process.env.TMPDIR = join(folder, 'missing')
    try {
      await expect(keptSource(chunks(1000), undefined, 'x')).rejects.toMatchObject({
        code: 'content.spill',
        message: expect.stringContaining('temporary file (ENOENT)') as string,
      })
    } finally {
      process.env.TMPDIR = folder
    }
  })
})

function withoutIterator(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return { getReader: () => stream.getReader() } as ReadableStream<Uint8Array>
}
