import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { compose } from '../compose.js'
import type { Draft, OctetSource } from '../draft.js'
import { streamsOf } from './draft-streams.js'

const base = { from: 'a@example.com', to: 'b@example.org' }

/** Sources that tell whether they were closed. */
function sources() {
  const closed = new Set<string>()
  async function* generated() {
    yield Promise.resolve(new Uint8Array(1))
  }
  const generator = generated()
  const end = generator.return.bind(generator)
  generator.return = (value) => (closed.add('generator'), end(value))
  const own: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: true, value: undefined }),
      return: () => (closed.add('own'), Promise.resolve({ done: true, value: undefined })),
    }),
  }
  const web = new ReadableStream<Uint8Array>({ cancel: () => void closed.add('web') })
  const node = new Readable({
    read() {},
    destroy(error, done) {
      closed.add('node')
      done(error)
    },
  })
  return { closed, all: [generator, own, web, node] as OctetSource[] }
}

describe('the streams of a draft that is refused', () => {
  const attachments = (contents: OctetSource[]) => contents.map((content) => ({ content }))
  it.each<[string, (contents: OctetSource[]) => unknown]>([
    ['for its author', (contents) => ({ ...base, from: 'bad', attachments: attachments(contents) })],
    ['for a field nobody knows', (contents) => ({ ...base, x: 1, attachments: attachments(contents) })],
    ['for an attachment', (contents) => ({ ...base, attachments: [...attachments(contents), { path: '' }] })],
    ['for another text', (contents) => ({ ...base, text: 5, attachments: attachments(contents) })],
    [
      'in a part and a message in a message',
      (contents) => ({
        ...base,
        subject: 5,
        attachments: [
          { part: { headers: [], content: contents[0] } },
          {
            message: { ...base, attachments: [{ message: { ...base, attachments: attachments(contents.slice(1)) } }] },
          },
        ],
      }),
    ],
  ])('%s are closed, every one', async (_name, draft) => {
    const { closed, all } = sources()
    await expect(compose(draft(all) as Draft)).rejects.toHaveProperty('phase', 'compose')
    expect([...closed].sort()).toEqual(['generator', 'node', 'own', 'web'])
  })

  it('are closed when the options are no options', async () => {
    const { closed, all } = sources()
    const bad = { acess: {} } as object
    await expect(compose({ ...base, attachments: attachments(all) }, bad)).rejects.toHaveProperty('phase', 'compose')
    expect(closed.size).toBe(4)
  })

  it('that fail before their turn do not end the process, and are an error when it comes', async () => {
    const failed = (content: Readable) => new Promise((resolve) => content.once('close', resolve))
    const missing = createReadStream('/none/such')
    const slow = async function* () {
      await failed(missing)
      yield new Uint8Array(1)
    }
    await expect(compose({ ...base, attachments: [{ content: slow() }, { content: missing }] })).rejects.toMatchObject({
      code: 'content.unreadable',
      field: 'attachments[1].content',
    })
    const other = createReadStream('/none/such')
    await expect(compose({ ...base, from: 'bad', attachments: [{ content: other }] })).rejects.toHaveProperty('code')
    await failed(other)
    expect(other.destroyed).toBe(true)
  })

  it('are found in whatever it is, and no getter is asked', () => {
    for (const draft of [
      undefined,
      null,
      5,
      'x',
      {},
      { attachments: 5 },
      { attachments: [null, 5, {}] },
      { body: null },
    ])
      expect(streamsOf(draft)).toBeUndefined()
    const draft = {
      get attachments(): never {
        throw new Error('asked')
      },
    }
    expect(streamsOf(draft)).toBeUndefined()
    const loop: { attachments: unknown[] } = { attachments: [] }
    for (let index = 0; index < 20; index++) loop.attachments.push({ message: loop })
    expect(streamsOf(loop)).toBeUndefined()
  })
})
