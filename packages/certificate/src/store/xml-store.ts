import { BerError } from '../asn1/ber-reader.js'
import { base64Octets } from '../base64.js'
import { readCertificate } from '../read-certificate.js'
import { refusal } from '../refusal.js'
import type { Opener, StoreContents, StoreInput } from './opener.js'
import { storedKeyOf } from './private-key-info.js'
import { rsaPrivateKey, rsaPublicKey } from './rsa-numbers.js'
import { beginningOf, storeText } from './store-text.js'

/**
 * RSA keys in XML as .NET writes them (`RSAKeyValue` of XML Signature 4.5.2.2, with the private numbers besides), alone or in `KeyValue` and
 * `KeyInfo`, there with X.509 certificates.
 */
export const xmlStore: Opener = { recognises: (octets) => beginningOf(octets).startsWith('<'), open }

async function open(input: StoreInput): Promise<StoreContents> {
  const { octets, place, sourceField } = input
  try {
    return contentsOf(await parsed(storeText(octets)), input)
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    const message = `${place} cannot be read as a key in XML: ${error.message}`
    const hint = 'Give an RSAKeyValue as .NET writes it (ToXmlString), or the key as PEM.'
    throw refusal('certificate.format', sourceField, message, hint, error)
  }
}

/** A key of 16384 bits with all its numbers has some 20 KiB. */
const MAX_CHARACTERS = 256 * 1024
/** Bounds the depth, too. */
const MAX_TAGS = 500

/** What an element is after parsing: its text, its elements by name, or a list where a name stands there more than once. */
type Parsed = string | { readonly [name: string]: Parsed } | readonly Parsed[]

async function parsed(text: string): Promise<Parsed> {
  if (text.length > MAX_CHARACTERS) throw new BerError('it is larger than 256 KiB')
  if (text.split('<', MAX_TAGS + 1).length > MAX_TAGS) throw new BerError(`it has more than ${MAX_TAGS} tags`)
  if (/<!(?!--)/.test(text)) throw new BerError('it has a document type or a CDATA section')
  const { XMLParser } = await import('fast-xml-parser')
  const parser = new XMLParser({
    ignoreAttributes: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseTagValue: false,
    processEntities: false,
    removeNSPrefix: true,
    htmlEntities: false,
  })
  try {
    return parser.parse(text, true) as Parsed
  } catch {
    throw new BerError('it is no well-formed XML') // without the cause, which quotes the text, and that may be a key
  }
}

function contentsOf(root: Parsed, { sourceField, work }: StoreInput): StoreContents {
  const info = child(root, 'KeyInfo') ?? root
  const value = child(child(info, 'KeyValue') ?? info, 'RSAKeyValue')
  const certificates = all(child(info, 'X509Data'), 'X509Certificate').map((each) => ({
    certificate: readCertificate(base64(each, 'X509Certificate'), sourceField),
  }))
  if (value === undefined) {
    if (certificates.length === 0) throw new BerError('it has no RSAKeyValue')
    return { certificates, keys: [] }
  }
  const number = (name: string) => base64(child(value, name), name)
  const optional = (name: string) => (child(value, name) === undefined ? undefined : number(name))
  const n = number('Modulus')
  const e = number('Exponent')
  const d = optional('D')
  if (!d) return { certificates, keys: [], publicKeys: [{ publicKey: rsaPublicKey({ n, e }) }] }
  const key = rsaPrivateKey({ n, e, d, p: optional('P'), q: optional('Q') }, work)
  return { certificates, keys: [storedKeyOf(key, sourceField)] }
}

/** The element with this name; of several the first. */
function child(parent: Parsed | undefined, name: string): Parsed | undefined {
  return all(parent, name)[0]
}

function all(parent: Parsed | undefined, name: string): readonly Parsed[] {
  const first = isList(parent) ? parent[0] : parent
  if (typeof first !== 'object' || isList(first) || !Object.hasOwn(first, name)) return []
  const found = first[name]!
  return isList(found) ? found : [found]
}

function isList(value: Parsed | undefined): value is readonly Parsed[] {
  return Array.isArray(value)
}

function base64(value: Parsed | undefined, name: string): Buffer {
  const octets = typeof value === 'string' ? base64Octets(value) : undefined
  if (!octets) throw new BerError(`its ${name} is not base64`)
  return octets
}
