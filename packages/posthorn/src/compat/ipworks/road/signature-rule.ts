import type { ServerCertificateFacts, TlsOptions } from '@posthorn/net'
import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'

type Decide = NonNullable<TlsOptions['decide']>

/** The algorithms that were named for each version; undefined: all. */
export interface NamedAlgorithms {
  readonly tls12: readonly string[] | undefined
  readonly tls13: readonly string[] | undefined
}

/**
 * A server's certificate must be signed by one of the algorithms that were named for the version that is spoken: the document says so, and a
 * server that finds none of its own among them mostly shows what it has. [ipworks.config.TLS12SignatureAlgorithms]
 * [ipworks.config.TLS13SignatureAlgorithms]
 * @param named as pairs (`sha256-rsa`) or by IANA names; what names none of a certificate's signatures allows none
 * @param pinned the certificate that is taken whatever is wrong with it
 * @param next asked in any case; true takes a certificate against the rule
 * @returns rejects with IPWorksError 280 for one that is not taken
 */
export function signatureRule(
  { tls12, tls13 }: NamedAlgorithms,
  pinned: Uint8Array | undefined,
  next: Decide | undefined,
): Decide {
  const rules = [
    { setting: 'TLS12SignatureAlgorithms', allowed: tls12 && new Set(tls12.map(signatureKind)) },
    { setting: 'TLS13SignatureAlgorithms', allowed: tls13 && new Set(tls13.map(signatureKind)) },
  ] as const
  return (facts) => {
    const { certificate, protocol } = facts
    const { setting, allowed } = rules[protocol === 'TLSv1.3' ? 1 : 0]
    const isPinned = pinned !== undefined && Buffer.compare(certificate.der, pinned) === 0
    if (isPinned || !allowed || allowed.has(kindOf(certificate))) return next?.(facts)
    const { name } = certificate.signatureAlgorithm
    const reason = `the certificate of ${facts.host} is signed with ${name}, which is not among ${setting}`
    return unless(next, { ...facts, status: 'refused', reason })
  }
}

/** Refused, unless the caller takes it all the same. */
async function unless(next: Decide | undefined, facts: ServerCertificateFacts): Promise<true> {
  if ((await next?.(facts)) === true) return true
  throw new IPWorksError(280, `${errorText(280)}: ${facts.reason}`)
}

function kindOf({ signatureAlgorithm: { name, digest = '' } }: ServerCertificateFacts['certificate']): string {
  return signatureKind(`${name} ${digest}`)
}

/** Key and digest, `rsa 256`, of any name that a signature goes by: `sha256-rsa`, `rsa_pkcs1_sha256`, `sha256WithRSAEncryption`, ... */
function signatureKind(name: string): string {
  const lower = name.toLowerCase()
  const edwards = /ed(?:25519|448)/.exec(lower)?.[0]
  if (edwards !== undefined) return edwards
  const key = ['pss', 'ecdsa', 'dsa', 'rsa'].find((each) => lower.includes(each)) ?? lower
  return `${key} ${/sha(512|384|256|224|1)(?!\d)/.exec(lower)?.[1] ?? ''}`
}
