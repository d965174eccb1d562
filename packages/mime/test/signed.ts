import { contentOf } from '../src/body/content.js'
import type { Part } from '../src/body/part.js'
import { randomFromBlock } from '../src/random-block.js'
import type { SignOptions } from '../src/smime/options.js'
import { signPart } from '../src/smime/sign.js'
import { collect } from './collect.js'

/** A message whose body is this part. */
export async function messageOf({ fields, pieces }: Part, header = 'MIME-Version: 1.0\r\n'): Promise<Buffer> {
  return collect(contentOf([`${header}${fields}\r\n`, ...pieces], '7bit'))
}

/** A message whose body is this part, signed. */
export async function signedMessage(part: Part, options: SignOptions, header?: string): Promise<Buffer> {
  return messageOf(await signPart(part, options, randomFromBlock), header)
}

/** Octets as content in memory. */
export const inMemory = (octets: Uint8Array) => ({ octets, open: () => chunked(octets, octets.length) })

/** Octets as content that comes in chunks of this size, each lent only until the next is asked for. */
export const inChunks = (octets: Uint8Array, size: number) => ({ open: () => chunked(octets, size) })

async function* chunked(octets: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < octets.length; at += size) {
    const lent = Uint8Array.from(octets.subarray(at, at + size))
    yield lent
    lent.fill(0)
  }
}

/** The CMS in a message: in its opaque body, or in the signature behind it. */
export function cmsIn(message: Buffer): Buffer {
  const text = message.toString('latin1')
  const from = text.indexOf('\r\n\r\n', text.lastIndexOf('smime.p7')) + 4
  const end = text.indexOf('\r\n--', from)
  return Buffer.from(text.slice(from, end < 0 ? undefined : end), 'base64')
}

/** The message with other CMS in the place of its own. */
export function withCms(message: Buffer, cms: Uint8Array): Buffer {
  const text = message.toString('latin1')
  const from = text.indexOf('\r\n\r\n', text.lastIndexOf('smime.p7')) + 4
  const end = text.indexOf('\r\n--', from)
  const lines = Buffer.from(cms)
    .toString('base64')
    .replaceAll(/.{1,76}/g, '$&\r\n')
  return Buffer.from(text.slice(0, from) + lines.slice(0, -2) + text.slice(end < 0 ? text.length : end), 'latin1')
}
