import type { Certificate } from '@posthorn/certificate'
import { cipherIdentifier, encryptedSize, TAG_OCTETS, type CipherFacts } from './content-cipher.js'
import { derHeader, integer, octetString, oid, sequence, setOf, tagged } from './der.js'
import { agreeKey } from './key-agreement.js'
import { transportKey } from './key-transport.js'
import { ID } from './object-identifier.js'

/** A RecipientInfo (RFC 5652 6.2): the content key, for the holder of one certificate. */
export interface RecipientInfo {
  readonly der: Buffer
  /** 0 for key transport, 3 for key agreement. */
  readonly version: 0 | 3
}

/** The content key for one certificate: by its RSA key (RFC 5652 6.2.1), or agreed on with its EC or X25519 key (6.2.2). */
export function recipientInfo(
  certificate: Certificate,
  contentKey: Uint8Array,
  padding: 'pkcs1' | 'oaep',
): RecipientInfo {
  const identifier = sequence(certificate.issuerDer, integer(certificate.serialNumber)) // every reader knows this form
  const { publicKey } = certificate
  if (publicKey.asymmetricKeyType === 'rsa') {
    const key = transportKey(publicKey, contentKey, padding)
    return {
      der: sequence(integer(0), identifier, key.identifier, octetString(key.encryptedKey)),
      version: 0,
    }
  }
  const key = agreeKey(publicKey, contentKey)
  return {
    der: tagged(
      1,
      integer(3),
      tagged(0, tagged(1, key.originator)),
      key.identifier,
      sequence(sequence(identifier, octetString(key.encryptedKey))),
    ),
    version: 3,
  }
}

/** What stands around the encrypted octets. All lengths are definite, so they are known before the first octet is encrypted. */
export interface EnvelopeFrame {
  readonly head: Buffer
  /** All of it: head, encrypted octets, and the tag of GCM. */
  readonly sizeOctets: number
}

/** EnvelopedData (RFC 5652 6.1) around so many octets, or AuthEnvelopedData (RFC 5083 2.1), in ContentInfo. */
export function envelopeFrame(
  cipher: CipherFacts,
  iv: Uint8Array,
  recipients: readonly RecipientInfo[],
  plainOctets: number,
): EnvelopeFrame {
  const encrypted = encryptedSize(cipher, plainOctets)
  const trailer = cipher.authenticated ? octetString(Buffer.alloc(TAG_OCTETS)).length : 0
  // RFC 5652 6.1: 0 when every RecipientInfo is of version 0, else 2; RFC 5083 2.1: always 0
  const version = cipher.authenticated || recipients.every((recipient) => recipient.version === 0) ? 0 : 2

  const content = opened(0x30, [oid(ID.data), cipherIdentifier(cipher, iv), derHeader(0x80, encrypted)], encrypted)
  const infos = setOf(recipients.map((recipient) => recipient.der))
  const rest = encrypted + trailer
  const enveloped = opened(0x30, [integer(version), infos, content], rest)
  const type = oid(cipher.authenticated ? ID.authEnvelopedData : ID.envelopedData)
  const head = opened(0x30, [type, opened(0xa0, [enveloped], rest)], rest)
  return { head, sizeOctets: head.length + rest }
}

/** The beginning of an encoding: `rest` octets of it are still to come. */
function opened(tag: number, members: readonly Uint8Array[], rest: number): Buffer {
  const length = members.reduce((sum, member) => sum + member.length, rest)
  return Buffer.concat([derHeader(tag, length), ...members])
}
