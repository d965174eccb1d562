import { BerReader } from './ber-reader.js'
import { dotted, valueOf } from './cms-element.js'
import { decodedBody } from './decoded-body.js'
import type { MimeEntity } from './mime-entity.js'
import { ID } from './object-identifier.js'
import { CMS_TYPES } from './smime-media-type.js'

/**
 * What CMS an application/pkcs7-mime holds, by what it says itself: the smime-type parameter is often left out, and nothing protects it.
 * Undefined for another media type. No more is read than its first octets.
 * @throws {SettingsError} `smime.malformed`
 */
export async function cmsType(entity: MimeEntity): Promise<'signed' | 'encrypted' | 'other' | undefined> {
  if (!CMS_TYPES.has(entity.mediaType.value)) return undefined
  const reader = new BerReader(decodedBody(entity))
  try {
    await reader.expect(0x30, 'ContentInfo')
    const type = dotted(valueOf(await reader.element(), 6, 'content type'))
    if (type === ID.signedData) return 'signed'
    return type === ID.envelopedData || type === ID.authEnvelopedData ? 'encrypted' : 'other'
  } finally {
    await reader.close()
  }
}
