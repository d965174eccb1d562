import { chainOf, readCertificates, type Certificate, type Identity } from '@posthorn/certificate'
import type { TlsOptions } from '@posthorn/net'
import { offeredGroups } from '@posthorn/settings/ipworks'
import { open } from 'node:fs/promises'
import { invalidArgument, IPWorksError } from '../ipworks-error.js'
import type { ConfigName } from '../table/config-settings.js'
import { errorText } from '../table/errors.js'
import type { ComponentValues } from '../values.js'
import { signatureRule } from './signature-rule.js'
import type { RoadTerms } from './smtp-options.js'
import { namesIn, protocolRange } from './tls-names.js'

/**
 * How TLS is spoken. What nobody has set is left to the engine.
 * @throws {IPWorksError} 270 no version is left, 303 the key log cannot be written, 10022 a list of certificates has none, and what the store
 *   of SSLCert gives
 */
export async function tlsOptions(values: ComponentValues, terms: RoadTerms): Promise<TlsOptions> {
  const versions = versionsOf(values)
  const { sigalgs, ...offer } = offerOf(values, versions)
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
  const decide = sigalgs ? signatureRule(sigalgs, pinned, terms.decide) : terms.decide
  const sessions = values.config('ReuseSSLSession') ? terms.sessions : undefined
  const crl = CHECKS[values.config('SSLCheckCRL')]
  const ocsp = CHECKS[values.config('SSLCheckOCSP')]
  if (sessions && (decide ?? crl ?? ocsp))
    terms.note(
      'ReuseSSLSession has no effect: the certificate must be seen, for its revocation, its signature or an event',
    )
  return {
    ...versions,
    ...offer,
    ...(sigalgs ? { sigalgs } : {}),
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

interface Offer extends Pick<TlsOptions, 'ciphers' | 'minStrengthBits' | 'ecdhCurve'> {
  readonly sigalgs?: readonly string[]
}

/** Suites, groups and signature algorithms; those for a version that is not spoken do not count. */
function offerOf(values: ComponentValues, { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' }: TlsOptions): Offer {
  const list = (name: ConfigName): readonly string[] => {
    const spoken = name.startsWith('TLS13') ? maxVersion === 'TLSv1.3' : minVersion !== 'TLSv1.3'
    return spoken && values.isSet(name) ? namesIn(String(values.config(name))) : []
  }
  const ciphers = values.config('SSLEnabledCipherSuites').trim()
  const minStrengthBits = values.config('SSLCipherStrength')
  const shares = list('TLS13KeyShareGroups')
  const named = [...list('TLS13SupportedGroups'), ...list('TLS12SupportedGroups')]
  // a share is for one of the groups that are offered, and what Node offers by itself has no names
  const groups = named.length > 0 || shares.length === 0 ? named : namesIn(values.config('TLS13SupportedGroups'))
  const ecdhCurve = offeredGroups(groups, shares)
  const sigalgs = [...new Set([...list('TLS13SignatureAlgorithms'), ...list('TLS12SignatureAlgorithms')])]
  return {
    ...(ciphers === '' || ciphers === '*' ? {} : { ciphers }),
    ...(minStrengthBits > 0 ? { minStrengthBits } : {}),
    ...(ecdhCurve.length > 0 ? { ecdhCurve } : {}),
    ...(sigalgs.length > 0 ? { sigalgs } : {}),
  }
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
