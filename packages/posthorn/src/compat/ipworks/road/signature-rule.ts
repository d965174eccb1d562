import type { ServerCertificateFacts, TlsOptions } from '@posthorn/net'
import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'

type Decide = NonNullable<TlsOptions['decide']>

/**
 * A server's certificate must be signed by one of the algorithms that were named: the document says so, and a server that finds none of its
 * own among them mostly shows what it has. [ipworks.config.TLS12SignatureAlgorithms] [ipworks.config.TLS13SignatureAlgorithms]
 * @param names as pairs (`sha256-rsa`) or by IANA names; what names none of a certificate's signatures allows none
 * @param pinned the certificate that is taken whatever is wrong with it
 * @param next asked when the rule is kept
 * @returns throws IPWorksError 280 when it is not
 */
export function signatureRule(
  names: readonly string[],
  pinned: Uint8Array | undefined,
  next: Decide | undefined,
): Decide {
  const allowed = new Set(names.map(signatureKind))
  return (facts) => {
    const { certificate } = facts
    const isPinned = pinned !== undefined && Buffer.compare(certificate.der, pinned) === 0
    if (isPinned || allowed.has(kindOf(certificate))) return next?.(facts)
    const { name } = certificate.signatureAlgorithm
    const text = `the certificate of ${facts.host} is signed with ${name}, which is not among TLS12SignatureAlgorithms and TLS13SignatureAlgorithms`
    throw new IPWorksError(280, `${errorText(280)}: ${text}`)
  }
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
