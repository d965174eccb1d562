import type { DigestName } from '@posthorn/certificate'

/** A digest as CMS and multipart/signed name it (RFC 5754 2, RFC 8551 3.5.3.2). */
export interface DigestAlgorithm {
  readonly name: DigestName
  readonly oid: string
  readonly micalg: string
  readonly sizeOctets: number
}

/** Every digest that is used; MD5 and older ones are in no way accepted. */
export const DIGESTS: Readonly<Record<DigestName, DigestAlgorithm>> = {
  sha1: { name: 'sha1', oid: '1.3.14.3.2.26', micalg: 'sha-1', sizeOctets: 20 },
  sha256: { name: 'sha256', oid: '2.16.840.1.101.3.4.2.1', micalg: 'sha-256', sizeOctets: 32 },
  sha384: { name: 'sha384', oid: '2.16.840.1.101.3.4.2.2', micalg: 'sha-384', sizeOctets: 48 },
  sha512: { name: 'sha512', oid: '2.16.840.1.101.3.4.2.3', micalg: 'sha-512', sizeOctets: 64 },
}

const BY_OID = new Map(Object.values(DIGESTS).map((digest) => [digest.oid, digest]))
const BY_MICALG = new Map(Object.values(DIGESTS).map((digest) => [digest.micalg.replace('-', ''), digest]))

export const digestByOid = (oid: string): DigestAlgorithm | undefined => BY_OID.get(oid)

/** The digests that a `micalg` parameter announces, in the spelling of any RFC; unknown names are left out. */
export function digestsByMicalg(micalg: string): DigestAlgorithm[] {
  return micalg
    .toLowerCase()
    .split(',')
    .flatMap((name) => BY_MICALG.get(name.trim().replace('-', '')) ?? [])
}
