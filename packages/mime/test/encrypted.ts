import type { Certificate, Identity } from '@posthorn/certificate'
import type { Part } from '../src/body/part.js'
import type { Source } from '../src/body/source.js'
import { randomFromBlock } from '../src/random-block.js'
import { CIPHERS, encryption, newContentKey } from '../src/smime/content-cipher.js'
import { encryptPart } from '../src/smime/encrypt.js'
import { envelopeFrame, recipientInfo } from '../src/smime/enveloped-data.js'
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

/** The CMS of octets, whatever they are, encrypted for somebody: what openssl makes with -binary. */
export function sealed(octets: Uint8Array, certificate: Certificate): Buffer {
  const cipher = CIPHERS.find(({ name }) => name === 'aes-256-gcm')!
  const key = newContentKey(cipher)
  const iv = Buffer.alloc(cipher.ivOctets, 1)
  const { head } = envelopeFrame(cipher, iv, [recipientInfo(certificate, key, 'pkcs1')], octets.length)
  const work = encryption(cipher, key, iv)
  return Buffer.concat([head, work.update(octets), work.final(), work.trailer()])
}
