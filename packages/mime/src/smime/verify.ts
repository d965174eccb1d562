import type { Content } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import { malformed } from './ber-reader.js'
import { inBlocks } from './blocks.js'
import { asSigned } from './canonical-content.js'
import { cmsType } from './cms-type.js'
import { decodedBody } from './decoded-body.js'
import { digestByOid, DIGESTS, digestsByMicalg, type DigestAlgorithm } from './digest-algorithm.js'
import { hashContent, Hasher } from './hash-content.js'
import { rangeOf, readEntity, type MimeEntity } from './mime-entity.js'
import { shortContent } from './short-content.js'
import { SignedDataReader, type SignedDataTrailer } from './signed-data-reader.js'
import { readSignedMultipart } from './signed-multipart.js'
import { verifySigner, type Signature, type VerifyOptions } from './verify-signer.js'

/** A signature or several that hold, and what they are about. */
export interface Signed {
  readonly form: 'detached' | 'opaque'
  readonly signatures: readonly Signature[]
  /** The MIME entity that was signed, with its header fields: the octets that the signature covers. */
  readonly content: Content
}

/**
 * Verifies a signed message or body part: a multipart/signed (RFC 1847 2.1, RFC 8551 3.5.3), or an application/pkcs7-mime with
 * SignedData (3.5.2). Every signature in it must hold. The content is read once, and once more when its header does not tell the
 * digest; it is hashed as it is read and never held. A message that was stored with LF at its line ends is read with CRLF.
 * @throws {SettingsError} `smime.no-signature`; `smime.tampered`; `smime.signer-unknown`; `smime.algorithm`; `smime.malformed`
 * @source RFC 5652 5; RFC 8551 3.5; RFC 8419; RFC 4056; RFC 5035
 */
export async function verifySigned(content: Content, options: VerifyOptions = {}): Promise<Signed> {
  const signed = await verifyEntity(await readEntity(asSigned(content)), options)
  if (signed) return signed
  throw refusal(
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
  const hashers = (announced.length > 0 ? announced : [DIGESTS.sha256]).slice(0, 4).map((digest) => new Hasher(digest))
  const { from, to, signature } = await readSignedMultipart(entity, boundary, hashers)
  const part = await readEntity({ octets: signature, open: () => once(signature) })
  if (!SIGNATURE_TYPES.has(part.mediaType.value)) throw malformed('has a second part that is no signature')
  const reader = new SignedDataReader(decodedBody(part))
  const { contentType, hasContent } = await reader.head()
  if (hasContent) throw malformed('has a detached signature with content of its own, so readers would differ')
  const trailer = await reader.trailer()
  const content = rangeOf(entity.content, from, to)
  const digests = new Map(hashers.map((hasher) => [hasher.digestAlgorithm.name, hasher.digest()]))
  for (const { digestAlgorithm } of trailer.signers) {
    if (digests.has(digestAlgorithm.name)) continue
    digests.set(digestAlgorithm.name, (await hashContent(content, digestAlgorithm)).digest)
  }
  return {
    form: 'detached',
    signatures: await verifyAll(trailer, contentType, (digest) => digests.get(digest.name), options),
    content,
  }
}

async function verifyOpaque(entity: MimeEntity, options: VerifyOptions): Promise<Signed> {
  const reader = new SignedDataReader(decodedBody(entity))
  try {
    const { contentType, digests, hasContent } = await reader.head()
    if (!hasContent) throw malformed('has a signature and no content')
    const known = new Set(digests.flatMap((oid) => digestByOid(oid) ?? []))
    const hashers = [...known].map((digest) => new Hasher(digest))
    const content = shortContent(() => opaqueContent(entity))
    for await (const chunk of inBlocks(reader.content())) {
      for (const hasher of hashers) await hasher.update(chunk)
      content.add(chunk)
    }
    const trailer = await reader.trailer()
    const found = new Map(hashers.map((hasher) => [hasher.digestAlgorithm.name, hasher.digest()]))
    return {
      form: 'opaque',
      signatures: await verifyAll(trailer, contentType, (digest) => found.get(digest.name), options),
      content: content.end(),
    }
  } finally {
    await reader.close()
  }
}

/** The content once more, without looking at the signature. */
async function* opaqueContent(entity: MimeEntity): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new SignedDataReader(decodedBody(entity))
  try {
    await reader.head()
    yield* inBlocks(reader.content())
  } finally {
    await reader.close()
  }
}

async function verifyAll(
  { signers, certificates }: SignedDataTrailer,
  contentType: string,
  digestOf: (digest: DigestAlgorithm) => Uint8Array | undefined,
  options: VerifyOptions,
): Promise<Signature[]> {
  const signatures: Signature[] = []
  for (const info of signers) {
    const messageDigest = digestOf(info.digestAlgorithm)
    if (!messageDigest) throw malformed('does not announce the digest that its signer used')
    signatures.push(await verifySigner(info, { contentType, messageDigest, certificates }, options))
  }
  return signatures
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}
