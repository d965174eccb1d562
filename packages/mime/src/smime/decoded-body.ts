import { Base64Decoder } from './base64-decoder.js'
import { malformed } from './ber-reader.js'
import { readMediaType } from './media-type.js'
import { bodyOf, only, type MimeEntity } from './mime-entity.js'

/**
 * The octets of a body without its transfer encoding, RFC 2045 6, in chunks of at most 64 KiB, and no further than they are asked for.
 * @throws {SettingsError} `smime.malformed` for an encoding that CMS does not go in, and for base64 that is none
 */
export async function* decodedBody(entity: MimeEntity): AsyncGenerator<Uint8Array, void, undefined> {
  const encoding = readMediaType(only(entity.fields, 'content-transfer-encoding') ?? '7bit').value
  const body = bodyOf(entity).open()
  if (encoding === 'base64') yield* base64(body)
  else if (['7bit', '8bit', 'binary'].includes(encoding)) yield* body
  else throw malformed(`has a content transfer encoding that CMS does not go in: ${encoding.slice(0, 40)}`)
}

async function* base64(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new Base64Decoder()
  for await (const block of blocks) {
    const octets = decoder.push(block)
    if (octets.length > 0) yield octets
  }
  decoder.end()
}
