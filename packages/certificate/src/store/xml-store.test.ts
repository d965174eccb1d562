import { describe, expect, it } from 'vitest'
import { derFixture, fixturePath, pemFixture } from '../../test/fixture.js'
import { refusalOf } from '../../test/refusal-of.js'
import { openCertificateStore } from './open-certificate-store.js'

const bob = pemFixture('bob.xml').trim()
const bobPublic = pemFixture('bob.public.xml').trim()
const bobPem = pemFixture('bob.spki.pub')
const certificate = derFixture('bob.crt').toString('base64')

describe('a key in XML', () => {
  it.each(['xml', 'auto'] as const)(
    'is opened with its private half (%s) [part of ipworks.type.Certificate.StoreType.cstXMLBlob]',
    async (type) => {
      const store = await openCertificateStore({ type, source: [bob, bobPublic] })
      expect(store.privateKeys.map((key) => key.type)).toEqual(['rsa'])
      expect(store.publicKeys.map(({ pem }) => pem)).toEqual([bobPem])
    },
  )

  it('is a key without a certificate, and is joined with one [part of ipworks.type.Certificate.StoreType.cstXMLFile]', async () => {
    const store = await openCertificateStore({ type: 'xml', source: { path: fixturePath('bob.xml') } })
    expect(() => store.identity()).toThrow(expect.objectContaining({ code: 'certificate.not-found' }))
    expect(store.identityFor(pemFixture('bob.crt')).certificate.subject).toBe('CN=Bob,O=Example,C=DE')
  })

  it('is opened with a declaration, blanks, line ends, comments, prefixes and UTF-16', async () => {
    const text = bob
      .replaceAll('RSAKeyValue', 'ds:RSAKeyValue')
      .replaceAll('><', '>\r\n  <')
      .replaceAll(/[\w+/]{60}/g, '$&\n')
    const inside = bob.replace('<Exponent>', `<Exponent a = 'x' b="1" >`).replace('AQAB', 'AQ<!-- -->AB')
    const whole = `<?xml version="1.0"?>\n<!-- bob > <D> -->\n${inside}`
    const utf16 = Buffer.from(`\ufeff${bob}`, 'utf16le')
    for (const source of [text, whole, utf16]) {
      expect((await openCertificateStore({ source })).privateKeys).toHaveLength(1)
    }
  })

  it('is opened in KeyValue and KeyInfo, with certificates', async () => {
    const inKeyInfo = `<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><KeyValue>${bob}</KeyValue><X509Data><X509Certificate>${certificate}</X509Certificate></X509Data></KeyInfo>`
    expect((await openCertificateStore({ source: inKeyInfo })).identity().certificate.subject).toContain('Bob')
    const alone = `<KeyInfo><X509Data><X509Certificate>${certificate}</X509Certificate></X509Data></KeyInfo>`
    expect((await openCertificateStore({ source: alone })).certificates).toHaveLength(1)
    expect((await openCertificateStore({ source: `<KeyValue>${bobPublic}</KeyValue>` })).publicKeys).toHaveLength(1)
  })

  it('is opened without its primes', async () => {
    const source = bob.replaceAll(/<(P|Q|DP|DQ|InverseQ)>.*?<\/\1>/g, '')
    const store = await openCertificateStore({ source: [source, pemFixture('bob.crt')] })
    expect(store.identities).toHaveLength(1)
  })

  const entity = '<!DOCTYPE a [<!ENTITY b "AQAB">]>'
  it.each([
    ['a document type', entity + bob, 'it has a document type or a CDATA section'],
    ['a document type in lower case', entity.toLowerCase() + bob, 'it has a document type or a CDATA section'],
    ['entities', bob.replace('AQAB', '&b;'), 'its Exponent is not base64'],
    ['numeric entities', bob.replace('AQAB', '&#x41;QAB'), 'its Exponent is not base64'],
    ['a text without an end', bob.slice(0, 500), 'it is no well-formed XML'],
    ['a number too many', `${bob}${bob}`, 'it is no well-formed XML'],
    ['another element', '<a><b/></a>', 'it has no RSAKeyValue'],
    ['an inherited name', '<constructor/>', 'it has no RSAKeyValue'],
    ['no modulus', bob.replace(/<Modulus>.*<\/Modulus>/, ''), 'its Modulus is not base64'],
    ['elements for a number', bob.replace('AQAB', '<a>AQAB</a>'), 'its Exponent is not base64'],
    ['another exponent', bob.replace('AQAB', 'AQAD'), 'the numbers of the RSA key do not fit together'],
    ['an even exponent', bob.replace('AQAB', 'AQAA'), 'the RSA exponent is none that is used'],
    ['a huge exponent', bob.replace('AQAB', 'AQAB'.repeat(20)), 'the RSA exponent is none that is used'],
    ['a huge modulus', bob.replace('<Modulus>', `<Modulus>${'A'.repeat(4000)}`), 'a number of the RSA key has'],
    ['another prime', bob.replace(/<P>../, '<P>AA'), 'the numbers of the RSA key do not fit together'],
    ['512 KiB', `<a>${' '.repeat(512 * 1024)}</a>`, 'it is larger than 256 KiB'],
    ['a tag of 250 000 blanks', `<a${' '.repeat(250_000)}>x</a>`, 'it has a tag of more than 500 characters'],
    [
      'an attribute without quotation marks',
      bob.replace('<RSAKeyValue', '<RSAKeyValue a=b'),
      'it is no well-formed XML',
    ],
    ['another end', bob.replace('</RSAKeyValue>', '</RSAKeyValues>'), 'it is no well-formed XML'],
    ['an end too many', `${bob}</a>`, 'it is no well-formed XML'],
    ['text outside', `${bob}x`, 'it is no well-formed XML'],
    ['a comment without an end', `<!-- ${bob}`, 'it is no well-formed XML'],
    ['elements within elements', '<a>'.repeat(5000), 'it has more than 500 tags'],
    ['nothing', '', 'it is no well-formed XML'],
  ])('is refused with %s', async (_, source, message) => {
    const refused = await refusalOf({ type: 'xml', source })
    expect(refused).toMatchObject({ code: 'certificate.format' })
    expect(refused?.message).toContain(`store.source: the text cannot be read as a key in XML: ${message}`)
  })

  it('is named by nothing of it when it is refused', async () => {
    const [, secret] = /<D>(.*)<\/D>/.exec(bob)!
    const source = `<RSAKeyValue><D>${secret}</D`
    expect(JSON.stringify(await refusalOf({ type: 'xml', source }))).not.toContain(secret!.slice(0, 20))
  })
})
