import { createHash } from 'node:crypto'
import type { Certificate, DigestName, Identity, RsaPadding } from '@posthorn/certificate'
import { octetString, oid, sequence, setOf } from '../src/smime/der.js'
import { DIGESTS } from '../src/smime/digest-algorithm.js'
import { ID } from '../src/smime/object-identifier.js'
import { digestIdentifier } from '../src/smime/signature-algorithm.js'
import { detachedSignedData, opaqueSignedData, signerInfo } from '../src/smime/signed-data.js'

/** What a forged message says. */
export const FORGED_ENTITY = 'Content-Type: text/plain\r\n\r\nforged\r\n'

/** What is otherwise than it should be. */
export interface Forgery {
  /** The signed attributes, each encoded. Default: content-type and message-digest. */
  readonly attributes?: readonly Buffer[]
  /** What the key signs with. Default sha256. */
  readonly digest?: DigestName
  readonly padding?: RsaPadding
  /** AlgorithmIdentifier of SignerInfo and SignedData. Default: that of `digest`. */
  readonly digestIdentifier?: Buffer
  /** Default: ECDSA with SHA-256. */
  readonly signatureIdentifier?: Buffer
  readonly certificates?: readonly Certificate[]
  readonly form?: 'detached' | 'opaque'
  /** Of the opaque form, instead of `FORGED_ENTITY`. */
  readonly entity?: string
}

export const attribute = (type: string, ...values: readonly Buffer[]): Buffer => sequence(oid(type), setOf(values))
export const contentType = (type: string = ID.data): Buffer => attribute(ID.contentType, oid(type))
export const messageDigest = (digest: DigestName = 'sha256', text = FORGED_ENTITY): Buffer =>
  attribute(ID.messageDigest, octetString(createHash(digest).update(text).digest()))

/** A message signed by this identity, with what is asked for. */
export async function forged(identity: Identity, forgery: Forgery = {}): Promise<Buffer> {
  const { digest = 'sha256', padding = 'pkcs1', form = 'detached', entity = FORGED_ENTITY } = forgery
  const algorithm = forgery.digestIdentifier ?? digestIdentifier(DIGESTS[digest])
  const attributes = setOf(forgery.attributes ?? [contentType(), messageDigest(digest, entity)])
  const signature = await identity.privateKey.sign(attributes, { digest, padding })
  const scheme = forgery.signatureIdentifier ?? sequence(oid('1.2.840.10045.4.3.2'))
  const parts = {
    digestIdentifier: algorithm,
    certificates: forgery.certificates ?? [identity.certificate],
    signerInfo: signerInfo(identity.certificate, algorithm, attributes, scheme, signature),
  }
  if (form === 'detached') return multipart(detachedSignedData(parts))
  const { before, behind } = opaqueSignedData(parts, Buffer.byteLength(entity))
  return opaque(Buffer.concat([before, Buffer.from(entity), behind]))
}

/** A multipart/signed around `FORGED_ENTITY` with this CMS. */
export function multipart(cms: Uint8Array, more = ''): Buffer {
  return Buffer.from(
    'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=b\r\n\r\n' +
      `--b\r\n${FORGED_ENTITY}\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n` +
      `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(cms).toString('base64')}\r\n${more}--b--\r\n`,
  )
}

/** An application/pkcs7-mime with this CMS. */
export function opaque(cms: Uint8Array): Buffer {
  const base64 = Buffer.from(cms).toString('base64')
  return Buffer.from(`Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n`)
}
