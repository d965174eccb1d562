import { chainOf, readCertificates, type Certificate, type Identity } from '@posthorn/certificate'
import type { TlsOptions } from '@posthorn/net'
import { offeredGroups } from '@posthorn/settings/ipworks'
import { open } from 'node:fs/promises'
import { DEFAULT_CIPHERS } from 'node:tls'
import { invalidArgument, IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'
import type { ComponentValues } from '../values.js'
import { signatureRule, type NamedAlgorithms } from './signature-rule.js'
import type { RoadTerms } from './road-terms.js'
import { namesIn, protocolRange } from './tls-names.js'

/**
 * How TLS is spoken. What nobody has set is left to the engine.
 * @throws {IPWorksError} 270 no version is left, 303 the key log cannot be written, 10022 a list of certificates has none, and what the store
 *   of SSLCert gives
 */
export async function tlsOptions(values: ComponentValues, terms: RoadTerms): Promise<TlsOptions> {
  const versions = versionsOf(values)
  const { named, ...offer } = offerOf(values, versions)
  const own = readList(values, 'SSLCACerts')
  const trusted = [...readList(values, 'SSLServerCACerts'), ...own]
  const pinned = values.property('SSLAcceptServerCert').der
  const ours = values.property('SSLCert')
  const identity = await ours.identity
  if (!identity && !ours.isEmpty)
    terms.note(
      `SSLCert has no ${ours.hasKeyOnly ? 'certificate' : 'private key'}: a server that asks for one gets none`,
    )
  const keyLogFile = await keyLogOf(values)
  const decide = named ? signatureRule(named, pinned, terms.decide) : terms.decide
  const sessions = values.config('ReuseSSLSession') ? terms.sessions : undefined
  const crl = CHECKS[values.config('SSLCheckCRL')]
  const ocsp = CHECKS[values.config('SSLCheckOCSP')]
  if (named?.tls12?.some(isSha1))
    terms.note('TLS12SignatureAlgorithms names SHA-1: weak keys and digests are taken (security level 0 of OpenSSL)')
  return {
    ...versions,
    ...offer,
    ...(trusted.length > 0 ? { extraCa: trusted } : {}),
    ...(pinned ? { acceptedCertificates: pinned } : {}),
    ...(identity ? { identity: completed(identity, own) } : {}),
    ...(crl !== undefined || ocsp !== undefined ? { revocation: { crl, ocsp } } : {}),
    ...(keyLogFile === undefined ? {} : { keyLogFile }),
    ...(decide ? { decide } : {}),
    ...(sessions ? { sessions } : {}),
    ...(terms.onRecord ? { onRecord: terms.onRecord } : {}),
  }
}

/** What 0, 1 and 2 of SSLCheckCRL and SSLCheckOCSP are. */
const CHECKS: readonly (undefined | 'soft' | 'required')[] = [undefined, 'soft', 'required']

/** [ipworks.config.SSLEnabledProtocols] */
function versionsOf(values: ComponentValues): Pick<TlsOptions, 'minVersion' | 'maxVersion'> {
  if (!values.isSet('SSLEnabledProtocols')) return {}
  const mask = values.config('SSLEnabledProtocols')
  if (mask === 0) throw new IPWorksError(270, `${errorText(270)}: SSLEnabledProtocols leaves no version of TLS`)
  return protocolRange(mask)
}

interface Offer extends Pick<TlsOptions, 'ciphers' | 'minStrengthBits' | 'ecdhCurve' | 'sigalgs'> {
  readonly named: NamedAlgorithms | undefined
}

/**
 * Suites, groups and signature algorithms; those for a version that is not spoken do not count. OpenSSL has one list of groups and one of
 * algorithms for all versions, that of TLS 1.3 first: where the one of TLS 1.2 alone was set, the other is what the document gives it.
 */
function offerOf(values: ComponentValues, { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' }: TlsOptions): Offer {
  const spoken = { TLS12: minVersion !== 'TLSv1.3', TLS13: maxVersion === 'TLSv1.3' }
  const kept = (name: TlsList): readonly string[] =>
    spoken[name.startsWith('TLS13') ? 'TLS13' : 'TLS12'] ? namesIn(values.config(name)) : []
  const list = (name: TlsList): readonly string[] => (values.isSet(name) ? kept(name) : [])
  const either = (given: readonly string[], other: readonly string[], name: TlsList): readonly string[] =>
    given.length > 0 || other.length === 0 ? given : kept(name)

  const ciphers = values.config('SSLEnabledCipherSuites').trim()
  const minStrengthBits = values.config('SSLCipherStrength')
  const shares = list('TLS13KeyShareGroups')
  const old = { groups: list('TLS12SupportedGroups'), algorithms: list('TLS12SignatureAlgorithms') }
  // a share is for one of the groups that are offered, and what Node offers by itself has no names
  const groups = either(list('TLS13SupportedGroups'), [...old.groups, ...shares], 'TLS13SupportedGroups')
  const ecdhCurve = offeredGroups([...groups, ...old.groups], shares)
  const tls13 = list('TLS13SignatureAlgorithms')
  const algorithms = either(tls13, old.algorithms, 'TLS13SignatureAlgorithms')
  const sigalgs = [...new Set([...algorithms, ...old.algorithms])]
  const suites = old.algorithms.some(isSha1) ? withWeakDigests(ciphers) : ciphers
  return {
    ...(suites === '' || suites === '*' ? {} : { ciphers: suites }),
    ...(minStrengthBits > 0 ? { minStrengthBits } : {}),
    ...(ecdhCurve.length > 0 ? { ecdhCurve } : {}),
    ...(sigalgs.length > 0 ? { sigalgs } : {}),
    named: sigalgs.length > 0 ? { tls12: listed(old.algorithms), tls13: listed(tls13) } : undefined,
  }
}

type TlsList =
  | 'TLS12SignatureAlgorithms'
  | 'TLS12SupportedGroups'
  | 'TLS13KeyShareGroups'
  | 'TLS13SignatureAlgorithms'
  | 'TLS13SupportedGroups'

/** Undefined for a list without a name: it restricts nothing. */
function listed(names: readonly string[]): readonly string[] | undefined {
  return names.length > 0 ? names : undefined
}

function isSha1(name: string): boolean {
  return /sha-?1(?!\d)/i.test(name)
}

/** OpenSSL offers no SHA-1 above security level 0, whatever is named, and takes no certificate that is signed with it. */
function withWeakDigests(ciphers: string): string {
  if (/@SECLEVEL/i.test(ciphers)) return ciphers
  const suites = ciphers === '' || namesIn(ciphers).includes('*') ? DEFAULT_CIPHERS : ciphers
  return `${suites}:@SECLEVEL=0`
}

/** Certificates in PEM; what stands between them does not count. [ipworks.config.SSLServerCACerts] */
function readList(values: ComponentValues, name: 'SSLCACerts' | 'SSLServerCACerts'): readonly Certificate[] {
  try {
    return readCertificates(values.config(name), name)
  } catch (cause) {
    throw invalidArgument(name, 'must be certificates in PEM', cause)
  }
}

/** With those of its issuers that its store does not have. [ipworks.config.SSLCACerts] */
function completed(identity: Identity, among: readonly Certificate[]): Identity {
  const last = identity.chain.at(-1) ?? identity.certificate
  return { ...identity, chain: [...identity.chain, ...chainOf(last, among)] }
}

/** @throws {IPWorksError} 303 before anything is connected */
async function keyLogOf(values: ComponentValues): Promise<string | undefined> {
  const path = values.config('SSLKeyLogFile')
  if (path === '') return undefined
  try {
    await (await open(path, 'a', 0o600)).close()
    return path
  } catch (cause) {
    throw new IPWorksError(303, `${errorText(303)}: SSLKeyLogFile cannot be written`, { cause })
  }
}
