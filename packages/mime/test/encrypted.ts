import type { Identity } from '@posthorn/certificate'
import type { Part } from '../src/body/part.js'
import type { Source } from '../src/body/source.js'
import { randomFromBlock } from '../src/random-block.js'
import { encryptPart } from '../src/smime/encrypt.js'
import type { EncryptOptions } from '../src/smime/options.js'
import { collect } from './collect.js'

/** What stands before the text of `textPart`. */
export const HEADER = 'Content-Type: text/plain\r\n\r\n'

/** A body part with this text as it is. */
export const textPart = (text: string): Part => ({
  fields: 'Content-Type: text/plain\r\n',
  pieces: [text],
  endsLine: text.endsWith('\r\n'),
})

/** A body part whose octets come in these chunks, and whose size is not known. */
export function chunkedPart(chunks: readonly Uint8Array[]): Part {
  const run: Source = {
    async *read() {
      yield* chunks
    },
  }
  return { fields: 'Content-Type: text/plain\r\n', pieces: [{ run }], endsLine: true }
}

/** The source behind the base64 of an encrypted part. */
export function sourceOf(part: Part): Source {
  const [piece] = part.pieces
  if (typeof piece !== 'object' || !('base64' in piece)) throw new Error('the part is not in base64')
  return piece.base64
}

/** The octets of CMS in an encrypted part. */
export async function cmsOf(part: Part): Promise<Buffer> {
  return collect({ open: () => sourceOf(part).read() })
}

/** A text encrypted for these people: the octets of CMS. */
export async function encryptedText(
  text: string,
  people: readonly Identity[],
  options: Partial<EncryptOptions> = {},
): Promise<Buffer> {
  const alsoFor = people.map(({ certificate }) => certificate)
  return cmsOf(await encryptPart(textPart(text), { certificates: [], alsoFor, ...options }, [], randomFromBlock))
}
