import { createHash, generateKeyPairSync } from 'node:crypto'
import { privateKeyOf, type Certificate, type PrivateKey } from '@posthorn/certificate'
import { describe, expect, it } from 'vitest'
import { attribute, contentType, FORGED_ENTITY, messageDigest, opaque } from '../../test/forged.js'
import { mailPerson } from '../../test/mail-person.js'
import { inMemory } from '../../test/signed.js'
import { integer, octetString, oid, sequence, setOf, tagged, taggedPrimitive } from './der.js'
import { DIGESTS } from './digest-algorithm.js'
import { ID } from './object-identifier.js'
import { digestIdentifier } from './signature-algorithm.js'
import { verifySigned } from './verify.js'

const ann = await mailPerson({ email: 'ann@example.test' })
const bob = await mailPerson({ email: 'bob@example.test' })
const rsa = await mailPerson({ email: 'eve@example.test', keyType: 'rsa' })
const KEY_IDENTIFIER = Buffer.from(ann.certificate.subjectKeyIdentifier ?? expect.fail('has none'))

/** Somebody else's certificate with the name that the signer gives. */
const namesake = ({ certificate }: typeof bob): Certificate => ({
  ...certificate,
  subject: certificate.subject,
  issuer: certificate.issuer,
  publicKey: certificate.publicKey,
  fingerprints: certificate.fingerprints,
  subjectKeyIdentifier: KEY_IDENTIFIER,
})

/** A message signed by Ann, who is named by her key; no certificate goes along. */
async function byKey(pinned?: Certificate, privateKey: PrivateKey = ann.privateKey): Promise<Buffer> {
  const hash = pinned && octetString(createHash('sha256').update(pinned.der).digest())
  const certificate = hash ? [attribute(ID.signingCertificateV2, sequence(sequence(sequence(hash))))] : []
  const attributes = setOf([contentType(), messageDigest(), ...certificate])
  const signature = await privateKey.sign(attributes, { digest: 'sha256' })
  const implicit = Buffer.from(attributes)
  implicit[0] = 0xa0
  const digest = digestIdentifier(DIGESTS.sha256)
  const ecdsa = sequence(oid('1.2.840.10045.4.3.2'))
  const name = taggedPrimitive(0, KEY_IDENTIFIER)
  const signer = sequence(integer(3), name, digest, implicit, ecdsa, octetString(signature))
  const content = sequence(oid(ID.data), tagged(0, octetString(Buffer.from(FORGED_ENTITY))))
  const signedData = sequence(integer(3), setOf([digest]), content, setOf([signer]))
  return opaque(sequence(oid(ID.signedData), tagged(0, signedData)))
}

const signerOf = (message: Buffer, certificates: readonly Certificate[], roots?: readonly Certificate[]) =>
  verifySigned(inMemory(message), { certificates, ...(roots ? { roots } : {}) }).then(
    ({ signatures }) => signatures[0]?.signer,
    ({ code }: { code: string }) => code,
  )

describe('the certificate of a signer', () => {
  it('is the one whose key made the signature, of several with its name', async () => {
    const message = await byKey()
    for (const others of [[namesake(bob)], [namesake(rsa)], [namesake(bob), namesake(rsa)]]) {
      expect((await signerOf(message, [...others, ann.certificate])) === ann.certificate).toBe(true)
      expect(await signerOf(message, [ann.certificate, ...others])).toBe(ann.certificate)
    }
  })

  it('is the one that was signed along', async () => {
    const renewed = { ...namesake(ann), der: Uint8Array.from([...ann.certificate.der, 0]) }
    for (const pinned of [ann.certificate, renewed]) {
      const message = await byKey(pinned)
      expect(await signerOf(message, [renewed, ann.certificate])).toBe(pinned)
      expect(await signerOf(message, [ann.certificate, renewed])).toBe(pinned)
      expect(await signerOf(message, [pinned === renewed ? ann.certificate : renewed])).toBe('smime.tampered')
    }
  })

  it('is the one that there is least to say against, of several for the same key', async () => {
    const message = await byKey()
    const expired = { ...namesake(ann), validTo: new Date('2020-01-01'), validFrom: new Date('2019-01-01') }
    expect(await signerOf(message, [expired, ann.certificate])).toBe(ann.certificate)
    expect(await signerOf(message, [expired, ann.certificate], ann.chain)).toBe(ann.certificate)
    expect(await signerOf(message, [expired])).toBe(expired)
  })

  it('is said to be weak when its curve is not used for mail', async () => {
    for (const [namedCurve, problems] of [
      ['secp224r1', ['smime.weak-key']],
      ['prime256v1', []],
    ] as const) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
      const certificate = { ...namesake(ann), publicKey }
      const message = await byKey(undefined, privateKeyOf(privateKey))
      const { signatures } = await verifySigned(inMemory(message), { certificates: [certificate] })
      expect(signatures[0]?.problems.map(({ code }) => code)).toEqual(problems)
    }
  })

  it('is nobody when no key made the signature', async () => {
    const message = await byKey()
    expect(await signerOf(message, [namesake(bob)])).toBe('smime.tampered')
    expect(await signerOf(message, [namesake(rsa)])).toBe('smime.algorithm')
    expect(await signerOf(message, [])).toBe('smime.signer-unknown')
  })
})
