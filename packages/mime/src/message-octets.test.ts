import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect, it } from 'vitest'
import { collect } from '../test/collect.js'
import { compose } from './compose.js'
import { messageOctets, messageStream } from './message-octets.js'

const octets = Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 31 + (index >> 9)) & 255)
const draft = () => ({
  from: 'a@b.example',
  to: 'c@d.example',
  attachments: [{ content: () => chunks(), filename: 'x.bin', sizeOctets: octets.length }],
})

async function* chunks(): AsyncGenerator<Uint8Array> {
  const lent = new Uint8Array(65_536)
  for (let at = 0; at < octets.length; at += lent.length) {
    const part = octets.subarray(at, at + lent.length)
    lent.set(part)
    yield lent.subarray(0, part.length)
  }
}

it('gives all octets, of a message in memory and of a streamed one', async () => {
  const streamed = await compose(draft())
  expect((await messageOctets(streamed)).equals(await collect(streamed.content))).toBe(true)
  const short = await compose({ from: 'a@b.example', to: 'c@d.example', text: 'x' })
  expect((await messageOctets(short)).equals(await collect(short.content))).toBe(true)
})

it('refuses what is too long to hold', async () => {
  const message = await compose(draft())
  await expect(messageOctets(message, 1_000_000)).rejects.toMatchObject({ code: 'content.too-large' })
})

it('gives a stream whose chunks may be kept', async () => {
  const message = await compose(draft())
  const kept: Buffer[] = []
  const through = new PassThrough()
  through.on('data', (chunk: Buffer) => kept.push(chunk))
  await pipeline(messageStream(message), through)
  const digest = (whole: Uint8Array) => createHash('sha256').update(whole).digest('hex')
  expect(digest(Buffer.concat(kept))).toBe(digest(await collect(message.content)))
})
