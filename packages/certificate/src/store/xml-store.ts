import { BerError } from '../asn1/ber-reader.js'
import { base64Octets } from '../base64.js'
import { readCertificate } from '../read-certificate.js'
import { refusal } from '../refusal.js'
import type { Opener, StoreContents, StoreInput } from './opener.js'
import { storedKeyOf } from './private-key-info.js'
import { rsaPrivateKey, rsaPublicKey } from './rsa-numbers.js'
import { beginningOf, storeText } from './store-text.js'
import { readXml } from './xml-element.js'
import type { XmlElement } from './xml-element.js'
import type { Steps } from './steps.js'

/**
 * RSA keys in XML as .NET writes them (`RSAKeyValue` of XML Signature 4.5.2.2, with the private numbers besides), alone or in `KeyValue` and
 * `KeyInfo`, there with X.509 certificates.
 */
export const xmlStore: Opener = { recognises: (octets) => beginningOf(octets).startsWith('<'), open }

function* open(input: StoreInput): Steps<StoreContents> {
  const { octets, place, sourceField } = input
  try {
    return yield* contentsOf(readXml(storeText(octets)), input)
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    const message = `${place} cannot be read as a key in XML: ${error.message}`
    const hint = 'Give an RSAKeyValue as .NET writes it (ToXmlString), or the key as PEM.'
    throw refusal('certificate.format', sourceField, message, hint, error)
  }
}

function* contentsOf(root: XmlElement, { sourceField, work }: StoreInput): Steps<StoreContents> {
  const within = (element: XmlElement | undefined, name: string) =>
    element?.name === name ? element : element?.children.find((each) => each.name === name)
  const info = within(root, 'KeyInfo') ?? root
  const value = within(within(info, 'KeyValue') ?? info, 'RSAKeyValue')
  const data = info.children.find(({ name }) => name === 'X509Data')
  const certificates = (data?.children ?? [])
    .filter(({ name }) => name === 'X509Certificate')
    .map((each) => ({ certificate: readCertificate(base64(each, 'X509Certificate'), sourceField) }))
  if (!value) {
    if (certificates.length === 0) throw new BerError('it has no RSAKeyValue')
    return { certificates, keys: [] }
  }
  const number = (name: string) =>
    base64(
      value.children.find((each) => each.name === name),
      name,
    )
  const optional = (name: string) => (value.children.some((each) => each.name === name) ? number(name) : undefined)
  const n = number('Modulus')
  const e = number('Exponent')
  const d = optional('D')
  if (!d) return { certificates, keys: [], publicKeys: [{ publicKey: rsaPublicKey({ n, e }) }] }
  const key = yield* rsaPrivateKey({ n, e, d, p: optional('P'), q: optional('Q') }, work)
  return { certificates, keys: [storedKeyOf(key, sourceField)] }
}

function base64(element: XmlElement | undefined, name: string): Buffer {
  const octets = element && element.children.length === 0 ? base64Octets(element.text) : undefined
  if (!octets) throw new BerError(`its ${name} is not base64`)
  return octets
}
