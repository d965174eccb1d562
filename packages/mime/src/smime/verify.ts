import { createHash } from 'node:crypto'
import type { DigestName } from '@posthorn/certificate'
import type { Content } from '@posthorn/ground'
import { malformed } from './ber-reader.js'
import { inBlocks } from './blocks.js'
import { asSigned } from './canonical-content.js'
import { cmsType } from './cms-type.js'
import { decodedBody } from './decoded-body.js'
import { digestByOid, DIGESTS, digestsByMicalg } from './digest-algorithm.js'
import { Digesting } from './digesting.js'
import { hashContent } from './hash-content.js'
import { rangeOf, readEntity, type MimeEntity } from './mime-entity.js'
import { ID } from './object-identifier.js'
import { readRefusal } from './read-refusal.js'
import { shortContent } from './short-content.js'
import { SignedDataReader, type SignedDataTrailer } from './signed-data-reader.js'
import { readSignedMultipart } from './signed-multipart.js'
import { certificatesOf } from './signer-certificate.js'
import type { SignerInfo } from './signer-info.js'
import { verifySigner, type Signature, type VerifyOptions } from './verify-signer.js'

/** A signature or several that hold, and what they are about. */
export interface Signed {
  readonly form: 'detached' | 'opaque'
  readonly signatures: readonly Signature[]
  /**
   * The MIME entity that was signed, with its header fields: the octets that the signature covers. Reading it ends with `smime.tampered`
   * before anything is given that they are not, when the message has become another one since.
   */
  readonly content: Content
}

/**
 * Verifies a signed message or body part: a multipart/signed (RFC 1847 2.1, RFC 8551 3.5.3), or an application/pkcs7-mime with
 * SignedData (3.5.2). Every signature in it must hold. The content is read once, and once more when its header does not tell the
 * digest; it is hashed as it is read, and held when it is not longer than 1 MiB. A message that was stored with LF at its line ends is read
 * with CRLF.
 * @throws {SettingsError} `smime.no-signature`; `smime.tampered`; `smime.signer-unknown`; `smime.algorithm`; `smime.malformed`
 * @source RFC 5652 5; RFC 8551 3.5; RFC 8419; RFC 4056; RFC 5035
 */
export async function verifySigned(content: Content, options: VerifyOptions = {}): Promise<Signed> {
  const signed = await verifyEntity(await readEntity(asSigned(content)), options)
  if (signed) return signed
  throw readRefusal(
    'smime.no-signature',
    'message',
    'is not signed',
    'Give a message whose content type is multipart/signed or application/pkcs7-mime.',
  )
}

/** The same for an entity whose header was read; undefined when it is not a signed one. */
export async function verifyEntity(entity: MimeEntity, options: VerifyOptions): Promise<Signed | undefined> {
  if (isMultipartSigned(entity)) return verifyDetached(entity, options)
  return (await cmsType(entity)) === 'signed' ? verifyOpaque(entity, options) : undefined
}

/** With another protocol it is PGP/MIME, RFC 3156. */
function isMultipartSigned({ mediaType: { value, parameters } }: MimeEntity): boolean {
  const protocol = parameters.get('protocol')?.toLowerCase()
  return value === 'multipart/signed' && (protocol === undefined || SIGNATURE_TYPES.has(protocol))
}

/** RFC 8551 3.5.3.1, and what it was called before. */
const SIGNATURE_TYPES: ReadonlySet<string> = new Set(['application/pkcs7-signature', 'application/x-pkcs7-signature'])

async function verifyDetached(entity: MimeEntity, options: VerifyOptions): Promise<Signed> {
  const { parameters } = entity.mediaType
  const boundary = parameters.get('boundary')
  if (boundary === undefined || !/^[^\r\n]{1,200}$/.test(boundary)) throw malformed('is signed and has no boundary')
  const announced = digestsByMicalg(parameters.get('micalg') ?? '')
  const digesting = new Digesting(announced.length > 0 ? announced : [DIGESTS.sha256])
  let range = entity.content
  const held = shortContent(() => digesting.again(range))
  const keep = { update: async (chunk: Uint8Array) => held.add(chunk) } // what is in memory already need not be held
  const readers = entity.content.octets ? [digesting] : [digesting, keep]
  const { from, to, signature } = await readSignedMultipart(entity, boundary, readers)
  const digests = digesting.end()
  range = rangeOf(entity.content, from, to)
  const content = entity.content.octets ? range : held.end()
  const part = await readEntity({ octets: signature, open: () => once(signature) })
  if (!SIGNATURE_TYPES.has(part.mediaType.value)) throw malformed('has a second part that is no signature')
  const reader = new SignedDataReader(decodedBody(part))
  const { contentType, hasContent } = await reader.head()
  if (hasContent) throw malformed('has a detached signature with content of its own, so readers would differ')
  const trailer = await reader.trailer()
  for (const { digestAlgorithm } of trailer.signers) {
    if (digests.has(digestAlgorithm.name)) continue
    digests.set(digestAlgorithm.name, (await hashContent(content, digestAlgorithm)).digest)
  }
  return { form: 'detached', signatures: await verifyAll(trailer, contentType, digests, options), content }
}

/** Undefined when it serves to hand out certificates, RFC 8551 3.8: it signs nothing. */
async function verifyOpaque(entity: MimeEntity, options: VerifyOptions): Promise<Signed | undefined> {
  const reader = new SignedDataReader(decodedBody(entity))
  try {
    const { contentType, digests: announced, hasContent } = await reader.head()
    if (!hasContent) {
      if ((await reader.trailer()).signers.length === 0) return undefined
      throw malformed('has a signature and no content')
    }
    const digesting = new Digesting(announced.flatMap((oid) => digestByOid(oid) ?? []))
    const content = shortContent(() => digesting.again({ open: () => opaqueContent(entity) }))
    for await (const chunk of inBlocks(reader.content())) {
      await digesting.update(chunk)
      content.add(chunk)
    }
    const digests = digesting.end()
    const trailer = await reader.trailer()
    const signatures = await verifyAll(trailer, contentType, digests, options)
    return { form: 'opaque', signatures, content: content.end() }
  } finally {
    await reader.close()
  }
}

/** The content once more, without looking at the signature. */
async function* opaqueContent(entity: MimeEntity): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new SignedDataReader(decodedBody(entity))
  try {
    await reader.head()
    yield* reader.content()
  } finally {
    await reader.close()
  }
}

async function verifyAll(
  trailer: SignedDataTrailer,
  contentType: string,
  digests: ReadonlyMap<DigestName, Uint8Array>,
  options: VerifyOptions,
): Promise<Signature[]> {
  // RFC 8551 2.4.1: what is signed is a MIME entity, and a signature over something else, such as a time stamp, is none over mail
  if (contentType !== ID.data) throw malformed(`signs something else than mail, of the type ${contentType}`)
  if (trailer.signers.length === 0) throw malformed('is signed by nobody')
  const certificates = await certificatesOf(trailer.certificates, options.certificates ?? [])
  const signatures: Signature[] = []
  const seen = new Set<string>()
  for (const info of trailer.signers) {
    const messageDigest = digests.get(info.digestAlgorithm.name)
    if (!messageDigest) throw malformed('does not announce the digest that its signer used')
    const signature = await verifySigner(info, { contentType, messageDigest, certificates }, options)
    const identity = identityOf(info, signature)
    if (seen.has(identity)) throw malformed('has the same signature twice')
    seen.add(identity)
    signatures.push(signature)
  }
  return signatures
}

/** What makes a signature another one: its key and what it covers. How the signer is named is not covered and can be changed. */
function identityOf({ attributes, scheme }: SignerInfo, { signer: { publicKey } }: Signature): string {
  const key = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(scheme.name).update(key).update(attributes).digest('base64')
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}
