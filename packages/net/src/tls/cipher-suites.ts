import { createSecureContext } from 'node:tls'
import { CIPHER_SUITE_NAMES } from './cipher-suite-names.js'
import { cipherStrengthBits } from './cipher-strength.js'

/** A cipher suite of TLS. */
export interface CipherSuite {
  /** The IANA name, `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`. */
  readonly name: string
  /** The OpenSSL name, `ECDHE-RSA-AES128-GCM-SHA256`; the IANA name for suites of TLS 1.3; undefined when it never had one. */
  readonly opensslName: string | undefined
  /** Bits of the symmetric key. */
  readonly strengthBits: number
  /** True for suites of TLS 1.3, which fit no other version (RFC 8446 B.4). */
  readonly tls13: boolean
}

/** Every suite that has a name, also those that nobody speaks any more. */
export const CIPHER_SUITES: readonly CipherSuite[] = CIPHER_SUITE_NAMES.trim()
  .split('\n')
  .map((line) => {
    const [name = '', openssl = '-'] = line.split(' ')
    const opensslName = openssl === '-' ? undefined : openssl
    return { name, opensslName, strengthBits: cipherStrengthBits(name), tls13: openssl === name }
  })

const byName = new Map<string, CipherSuite>(
  CIPHER_SUITES.flatMap((suite) => [
    ...(suite.opensslName === undefined ? [] : [[suite.opensslName.toUpperCase(), suite] as const]),
    [suite.name.toUpperCase(), suite] as const,
  ]),
)

/** The suite with this IANA, OpenSSL or JSSE (`SSL_`) name, whatever its case. */
export function cipherSuite(name: string): CipherSuite | undefined {
  return byName.get(name.toUpperCase().replace(/^SSL_/, 'TLS_'))
}

const known = new Map<string, boolean>()

/** Whether this runtime can speak a suite, by its OpenSSL name, or knows a word of OpenSSL's cipher strings. Asked once for each. */
export function isSpoken(opensslName: string): boolean {
  let spoken = known.get(opensslName)
  if (spoken === undefined) {
    spoken = opensslAccepts(opensslName)
    known.set(opensslName, spoken)
  }
  return spoken
}

function opensslAccepts(name: string): boolean {
  try {
    createSecureContext({ ciphers: name.startsWith('TLS_') ? name : `${name}:@SECLEVEL=0` })
    return true
  } catch {
    return false // `no cipher match` is the only thing it can say to one name
  }
}

/** True for a suite in which nobody proves who they are. */
export function isAnonymous({ name }: CipherSuite): boolean {
  return /_anon_/.test(name)
}

/** True for a suite that needs a secret agreed on beforehand: there is no setting for one. */
export function needsSharedSecret({ name }: CipherSuite): boolean {
  return /^TLS_(?:\w+_)?(?:PSK|SRP|KRB5)_/.test(name)
}
