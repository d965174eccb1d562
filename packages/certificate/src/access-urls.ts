import { BerReader, insideOnly } from './asn1/ber-reader.js'

const ACCESS_METHODS = { ocsp: '1.3.6.1.5.5.7.48.1', caIssuers: '1.3.6.1.5.5.7.48.2' } as const

const URI = 0x86
const DISTRIBUTION_POINT = 0xa0
const FULL_NAME = 0xa0
const CRL_ISSUER = 0xa2

/** Certificates have one or two; nobody asks more than a few. */
const MAX_URLS = 16
const MAX_URL_OCTETS = 2048

/**
 * The addresses of one kind in authorityInfoAccess (RFC 5280 4.2.2.1). An extension that cannot be read has none: they say where to ask
 * and prove nothing.
 */
export function authorityInfoAccessUrls(
  value: Uint8Array | undefined,
  method: keyof typeof ACCESS_METHODS,
): readonly string[] {
  return tolerant(value, (reader, urls) => {
    const description = reader.inside()
    if (description.oid() === ACCESS_METHODS[method]) addUrl(description, urls)
  })
}

/**
 * The addresses in cRLDistributionPoints (RFC 5280 4.2.1.13). A point whose CRL another authority signs (cRLIssuer) is left out: such a
 * CRL says nothing without that authority's certificate.
 */
export function crlDistributionUrls(value: Uint8Array | undefined): readonly string[] {
  return tolerant(value, (reader, urls) => {
    const point = reader.inside()
    const name = point.optional(DISTRIBUTION_POINT)
    while (!point.done) if (point.next().tag === CRL_ISSUER) return
    const fullName = name && new BerReader(name.content).optional(FULL_NAME)
    const names = fullName && new BerReader(fullName.content)
    while (names && !names.done) addUrl(names, urls)
  })
}

const STATUS_REQUEST = 5
/** RFC 6961, which TLS 1.3 no longer has; one OCSP response is what it comes to. */
const STATUS_REQUEST_V2 = 17

/** Whether the TLS feature extension (RFC 7633 4) asks for a stapled OCSP response; true when it cannot be read, so that nothing is let off. */
export function requiresStapling(value: Uint8Array | undefined): boolean {
  if (!value) return false
  try {
    const features = insideOnly(value)
    while (!features.done) {
      const feature = features.smallInteger()
      if (feature === STATUS_REQUEST || feature === STATUS_REQUEST_V2) return true
    }
    return false
  } catch {
    return true
  }
}

function addUrl(names: BerReader, urls: string[]): void {
  const { tag, content } = names.next()
  if (tag !== URI || content.length > MAX_URL_OCTETS || urls.length >= MAX_URLS) return
  urls.push(Buffer.from(content).toString('latin1'))
}

function tolerant(value: Uint8Array | undefined, read: (reader: BerReader, urls: string[]) => void): readonly string[] {
  const urls: string[] = []
  try {
    const reader = value && insideOnly(value)
    while (reader && !reader.done && urls.length < MAX_URLS) read(reader, urls)
    return urls
  } catch {
    return []
  }
}
