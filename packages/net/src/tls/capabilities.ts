import { DEFAULT_CIPHERS } from 'node:tls'
import { TLS_VERSIONS, type TlsVersion } from './versions.js'

/** What TLS of this Node can do. */
export interface TlsCapabilities {
  readonly node: string
  readonly openssl: string
  /** All that can be spoken, the oldest first. `byDefault` is false for those that must be named in `minVersion` (RFC 8996). */
  readonly versions: readonly { readonly name: TlsVersion; readonly byDefault: boolean }[]
  /** The suites that can be named in `ciphers`, by IANA and OpenSSL name. */
  readonly ciphers: readonly {
    readonly name: string
    readonly opensslName: string
    readonly strengthBits: number
  }[]
  /** What is offered without that setting, as a cipher string of OpenSSL. */
  readonly defaultCiphers: string
  /** Groups for `ecdhCurve`. */
  readonly groups: readonly string[]
  /** Algorithms for `sigalgs`. */
  readonly signatureAlgorithms: readonly string[]
}

/** Finds out by asking OpenSSL, which takes some ten milliseconds; the answer never changes. */
export async function tlsCapabilities(): Promise<TlsCapabilities> {
  const [suites, { spokenGroups }, { spokenSignatureAlgorithms }] = await Promise.all([
    import('./cipher-suites.js'),
    import('./groups.js'),
    import('./signature-algorithms.js'),
  ])
  return {
    node: process.versions.node,
    openssl: process.versions.openssl,
    versions: TLS_VERSIONS.map((name) => ({ name, byDefault: name === 'TLSv1.2' || name === 'TLSv1.3' })),
    ciphers: suites.CIPHER_SUITES.flatMap((suite) => {
      const { name, opensslName, strengthBits } = suite
      const usable = opensslName !== undefined && strengthBits > 0 && !suites.needsSharedSecret(suite)
      return usable && suites.isSpoken(opensslName) ? [{ name, opensslName, strengthBits }] : []
    }),
    defaultCiphers: DEFAULT_CIPHERS,
    groups: spokenGroups(),
    signatureAlgorithms: spokenSignatureAlgorithms(),
  }
}
