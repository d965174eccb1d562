/** The digests of signature algorithms, by the content octets of their object identifiers in hexadecimal (RFC 8017 A.2, RFC 5758, RFC 3279). */
const DIGESTS: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'md5',
  '2a864886f70d010105': 'sha1',
  '2a864886f70d01010e': 'sha224',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d0401': 'sha1',
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2a8648ce380403': 'sha1',
  '608648016503040302': 'sha256',
}

/** RSASSA-PSS has its digest in its parameters (RFC 8017 A.2.3). */
const PSS = '2a864886f70d01010a'
const PSS_DIGESTS: Readonly<Record<string, string>> = {
  '2b0e03021a': 'sha1',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
  '608648016503040204': 'sha224',
}

const SEQUENCE = 0x30
const OBJECT_IDENTIFIER = 0x06
const PSS_HASH = 0xa0
const PSS_MASK = 0xa1

/**
 * The digest that a certificate is signed by way of (RFC 5280 4.1.1.2), as Node names it. Undefined when there is none, as with Ed25519, or two
 * different ones, or when it is not known.
 */
export function signatureDigest(certificate: Uint8Array): string | undefined {
  const [whole] = elements(Buffer.from(certificate.buffer, certificate.byteOffset, certificate.byteLength))
  const algorithm = whole && elements(whole.content)[1] // behind the part that is signed
  const [identifier, parameters] = algorithm ? elements(algorithm.content) : []
  if (identifier?.tag !== OBJECT_IDENTIFIER) return undefined
  const name = identifier.content.toString('hex')
  return name === PSS ? pssDigest(parameters) : DIGESTS[name]
}

/** By default SHA-1 for both, the digest and the mask. */
function pssDigest(parameters: Element | undefined): string | undefined {
  const fields = parameters?.tag === SEQUENCE ? elements(parameters.content) : []
  const hash = fields.find(({ tag }) => tag === PSS_HASH)
  const mask = fields.find(({ tag }) => tag === PSS_MASK)
  const maskHash = mask && elements(elements(mask.content)[0]?.content ?? Buffer.alloc(0))[1]
  const digest = hash ? digestNamed(elements(hash.content)[0]) : 'sha1'
  const maskDigest = mask ? digestNamed(maskHash) : 'sha1'
  return digest === maskDigest ? digest : undefined
}

function digestNamed(algorithm: Element | undefined): string | undefined {
  const [identifier] = algorithm?.tag === SEQUENCE ? elements(algorithm.content) : []
  return identifier && PSS_DIGESTS[identifier.content.toString('hex')]
}

interface Element {
  readonly tag: number
  readonly content: Buffer
}

/** More than any of these sequences has. */
const MAX_ELEMENTS = 16

/** The DER elements that stand one behind the other; what is broken ends the list. */
function elements(octets: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at + 2 <= octets.length && found.length < MAX_ELEMENTS;) {
    const [tag = 0, short = 0] = octets.subarray(at, at + 2)
    const lengthOctets = short < 0x80 ? 0 : short & 0x7f
    const start = at + 2 + lengthOctets
    if (lengthOctets > 4 || start > octets.length) break
    const end = start + (lengthOctets === 0 ? short : octets.readUIntBE(at + 2, lengthOctets))
    if (end > octets.length) break
    found.push({ tag, content: octets.subarray(start, end) })
    at = end
  }
  return found
}
