import { describe, expect, it } from 'vitest'
import { element, indefinite, integer, octetString, oid, sequence } from '../../test/der-writer.js'
import { derFixture, fixturePath, pemFixture, pfxFixture } from '../../test/fixture.js'
import { refusalOf } from '../../test/refusal-of.js'
import { openCertificateStore } from './open-certificate-store.js'

const ANN = 'CN=Ann Müller,O=Example\\, Inc.,C=DE'
const CA = 'CN=Fixture CA,O=example.test'
const ROOT = 'CN=Fixture Root,O=example.test'
const der = pfxFixture('chain.p7b')
const pem = pemFixture('chain.p7b.pem')

const subjectsOf = async (type: 'p7b' | 'auto' | 'pem', source: Parameters<typeof openCertificateStore>[0]['source']) =>
  (await openCertificateStore({ type, source })).certificates.map(({ subject }) => subject)

/** A SignedData with these in its list of certificates. */
function signedData(...certificates: readonly Buffer[]): Buffer {
  const list = certificates.length > 0 ? [element(0xa0, ...certificates)] : []
  const inside = sequence(integer(1), element(0x31), sequence(oid('1.2.840.113549.1.7.1')), ...list, element(0x31))
  return sequence(oid('1.2.840.113549.1.7.2'), element(0xa0, inside))
}

describe('P7B', () => {
  it.each(['p7b', 'auto'] as const)(
    'gives the certificates, and no key (%s) [part of ipworks.type.Certificate.StoreType.cstP7BBlob]',
    async (type) => {
      expect((await subjectsOf(type, der)).toSorted()).toEqual([ANN, CA])
      expect((await subjectsOf(type, der.toString('base64'))).toSorted()).toEqual([ANN, CA])
      const store = await openCertificateStore({ type, source: der })
      expect(store.privateKeys).toEqual([])
      expect(store.select('ann').subject).toBe(ANN)
      expect(() => store.identity('ann')).toThrow(expect.objectContaining({ code: 'certificate.no-key' }))
    },
  )

  it('reads a file in PEM [part of ipworks.type.Certificate.StoreType.cstP7BFile]', async () => {
    const source = { path: fixturePath('chain.p7b.pem') }
    for (const type of ['p7b', 'auto', 'pem'] as const) {
      expect((await subjectsOf(type, source)).toSorted()).toEqual([ANN, CA, ROOT])
    }
  })

  it.each(['CMS', 'PKCS #7 SIGNED DATA', 'CERTIFICATE'])('reads PEM with the label %s', async (label) => {
    const source = pem.replaceAll('PKCS7', label)
    for (const type of ['p7b', 'auto'] as const) expect(await subjectsOf(type, source)).toHaveLength(3)
  })

  it('reads BER', async () => {
    expect((await subjectsOf('auto', indefinite(der))).toSorted()).toEqual([ANN, CA])
  })

  it('passes over what is no X.509 certificate in it', async () => {
    const source = signedData(element(0xa2, sequence()), derFixture('ann.crt'))
    expect(await subjectsOf('auto', source)).toEqual([ANN])
  })

  it('makes one store with a key of another source', async () => {
    const store = await openCertificateStore({ source: [der, pemFixture('ann.sec1.key')] })
    expect(store.identity().certificate.subject).toBe(ANN)
    expect(store.identity().chain.map(({ subject }) => subject)).toEqual([CA])
  })

  it.each([
    ['no certificate', signedData(), 'it has no certificate'],
    ['another content type', sequence(oid('1.2.840.113549.1.7.1'), element(0xa0)), 'it is no SignedData'],
    ['a piece of it', der.subarray(0, 300), 'a length goes past the end'],
    ['octets behind it', Buffer.concat([der, Buffer.alloc(1)]), 'octets follow the end'],
    ['a list that is broken', signedData(Buffer.from('3005', 'hex')), 'a length goes past the end'],
    ['a length of 4 GiB', Buffer.from('3084ffffffff06', 'hex'), 'a length goes past the end'],
    ['text', Buffer.from('hello'), 'it is neither DER nor PEM of one'],
    ['a private key', octetString(Buffer.alloc(2)), 'it is neither DER nor PEM of one'],
  ])('refuses %s', async (_, source, message) => {
    expect(await refusalOf({ type: 'p7b', source })).toMatchObject({
      code: 'certificate.format',
      message: `store.source: the store cannot be read as P7B (certificates in a SignedData): ${message}`,
    })
  })

  it('refuses a certificate in it that is broken', async () => {
    expect(await refusalOf({ source: signedData(sequence(sequence())) })).toMatchObject({
      code: 'certificate.format',
      message: 'store.source: is not an X.509 certificate in DER',
    })
  })

  it('names the block of PEM that is broken', async () => {
    const source = `-----BEGIN PKCS7-----\n${sequence(oid('1.2.3')).toString('base64')}\n-----END PKCS7-----`
    expect(await refusalOf({ source })).toMatchObject({
      message: 'store.source: the PKCS7 in the text cannot be read: it is no SignedData',
    })
  })
})
