import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { ProtocolError } from '@posthorn/ground'
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { compose, type ComposeOptions } from '../compose.js'
import type { Attachment, OctetSource } from '../draft.js'

let folder: string
const before = process.env.TMPDIR
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-stop-'))
  process.env.TMPDIR = folder
})
afterAll(() => {
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  rmSync(folder, { recursive: true })
})

const base = { from: 'a@example.com', to: 'b@example.org' }
const { privateKey } = generateKeyPairSync('ed25519')
const dkim = {
  domain: 'example.com',
  selector: 's',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
}
const never = () => new Promise<never>(() => {})

/** Gives much, then calls, then gives nothing for ever. */
async function* stalling(stalled: () => void): AsyncGenerator<Uint8Array, void, undefined> {
  for (let index = 0; index < 20; index++) yield new Uint8Array(65_536)
  stalled()
  await never()
}

describe('the signal of compose', () => {
  const ready = { headers: [{ name: 'Content-Type', value: 'text/plain' }] }
  it.each<[string, (stalled: () => void) => { attachment: Attachment; options?: ComposeOptions }]>([
    ['a stream', (stalled) => ({ attachment: { content: stalling(stalled) } })],
    ['a Node stream', (stalled) => ({ attachment: { content: Readable.from(stalling(stalled)) } })],
    ['a part that is ready', (stalled) => ({ attachment: { part: { ...ready, content: stalling(stalled) } } })],
    [
      'a draft in the draft',
      (stalled) => ({ attachment: { message: { ...base, attachments: [{ content: stalling(stalled) }] } } }),
    ],
    ['a function, for DKIM', (stalled) => ({ attachment: { content: () => stalling(stalled) }, options: { dkim } })],
    [
      'a message that was composed, for DKIM',
      (stalled) => ({
        attachment: {
          message: {
            envelope: { reversePath: '', recipients: [] },
            messageId: '',
            date: new Date(0),
            headers: [],
            content: { open: () => stalling(stalled), canonical: true, encoding: '7bit' },
          },
        },
        options: { dkim },
      }),
    ],
    [
      'what is fetched',
      (stalled) => ({
        attachment: { url: 'https://example.com/x' },
        options: { access: { files: 'none', fetch: () => (stalled(), never()) } },
      }),
    ],
  ])('ends the waiting for %s, and leaves no file behind', async (_name, made) => {
    const controller = new AbortController()
    const reason = new Error('no longer wanted')
    const { attachment, options } = made(() => setImmediate(() => controller.abort(reason)))
    const composing = compose({ ...base, attachments: [attachment] }, { ...options, signal: controller.signal })
    await expect(composing).rejects.toMatchObject({
      name: 'SettingsError',
      code: 'aborted',
      phase: 'compose',
      outcome: 'transient',
      field: 'signal',
      cause: reason,
    })
    expect(readdirSync(folder)).toEqual([])
  })

  it('destroys the streams that are read, and those that wait', async () => {
    const controller = new AbortController()
    const streams = [new Readable({ read: () => setImmediate(() => controller.abort()) }), new Readable({ read() {} })]
    const attachments = streams.map((content) => ({ content }))
    await expect(compose({ ...base, attachments }, { signal: controller.signal })).rejects.toHaveProperty(
      'code',
      'aborted',
    )
    expect(streams.map((stream) => stream.destroyed)).toEqual([true, true])
  })

  it('that was given before ends it at once, with an error of ours as it is', async () => {
    const reason = new ProtocolError('deadline.exceeded', 'too late', { phase: 'wait', outcome: 'transient' })
    const signal = AbortSignal.abort(reason)
    await expect(compose({ ...base, text: 'x' }, { signal })).rejects.toBe(reason)
  })

  it('is handed to fetch', async () => {
    const { signal } = new AbortController()
    const seen: unknown[] = []
    const fetch = (_url: URL, options: object) => {
      seen.push(options)
      return Promise.resolve(new Response('x'))
    }
    const draft = { ...base, attachments: [{ url: 'https://example.com/x' }] }
    await compose(draft, { access: { files: 'none', fetch }, signal })
    await compose(draft, { access: { files: 'none', fetch } })
    expect(seen).toEqual([{ signal }, {}])
  })

  it('means nothing any more when the message is there', async () => {
    const controller = new AbortController()
    const content: OctetSource = () => Readable.from([new Uint8Array(10)]) as AsyncIterable<Uint8Array>
    const inner = { ...base, attachments: [{ content }] }
    const message = await compose(
      { ...base, attachments: [{ content }, { content: new Blob(['x']) }, { message: inner }] },
      { signal: controller.signal },
    )
    controller.abort()
    expect(await collect(message.content)).toEqual(await collect(message.content))
  })

  it('must be one', async () => {
    await expect(compose(base, { signal: {} as AbortSignal })).rejects.toHaveProperty('code', 'compose.signal')
  })
})
