import { SettingsError } from '@posthorn/ground'
import {
  createSecureContext,
  DEFAULT_CIPHERS,
  rootCertificates,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls'
import type { TlsOptions } from '../options.js'
import { clientCertificate } from './client-certificate.js'
import { pemOf, trustedCertificates } from './trusted.js'
import { isOld, settledVersions, type TlsVersionRange } from './versions.js'

/** A context for connections, and what is to be said about how it came about. */
export interface MadeContext {
  readonly context: SecureContext
  readonly notes: readonly string[]
}

/**
 * The settings from `ca` to `sigalgs` as one context of OpenSSL.
 * @throws {SettingsError} `settings.tls` or `settings.tls-ciphers`, naming the field
 */
export async function makeContext(tls: TlsOptions): Promise<MadeContext> {
  if (tls.secureContext) return { context: tls.secureContext, notes: [] }
  const versions = settledVersions(tls.minVersion, tls.maxVersion)
  const [chosen, client, trusted] = [await algorithms(tls, versions), await clientCertificate(tls), trust(tls)]
  const wanted: SecureContextOptions = { ...chosen.options, ...client, ...trusted.options }
  try {
    return { context: contextOf(wanted, trusted.besides), notes: chosen.notes }
  } catch (error) {
    const { code, reason, message } = error as Error & { reason?: string; code?: string }
    if (code === 'ERR_SSL_NO_CIPHER_MATCH') {
      throw new SettingsError('settings.tls-ciphers', 'tls.ciphers', 'leaves no cipher suite', {
        cause: error,
        hint: "Allow more suites, or '*' for all that Node offers, and look at tls.minStrengthBits.",
      })
    }
    throw new SettingsError('settings.tls', 'tls', `cannot be used: ${reason ?? message}`, {
      cause: error,
      hint: 'Check that tls.ca is PEM, and the other settings of tls.',
    })
  }
}

/** Versions, suites, groups and signature algorithms. */
async function algorithms(
  { ciphers, minStrengthBits, ecdhCurve, sigalgs }: TlsOptions,
  versions: TlsVersionRange,
): Promise<{ options: SecureContextOptions; notes: readonly string[] }> {
  const notes: string[] = []
  const options: SecureContextOptions = { ...versions }
  if (ciphers !== undefined || minStrengthBits) {
    const { chooseCiphers } = await import('./cipher-choice.js') // its table is loaded for those who name suites
    const choice = chooseCiphers({ ciphers, minStrengthBits, ...versions })
    notes.push(...choice.notes)
    options.maxVersion = choice.maxVersion
    if (choice.ciphers !== undefined) options.ciphers = choice.ciphers
  }
  if (isOld(versions.minVersion)) {
    notes.push(`tls.minVersion allows ${versions.minVersion}, which is dead (RFC 8996); security level 0 is set for it`)
    options.ciphers = weakest(options.ciphers ?? DEFAULT_CIPHERS)
  }
  if (ecdhCurve !== undefined) {
    const { chooseGroups } = await import('./groups.js')
    const choice = chooseGroups(ecdhCurve)
    notes.push(...choice.notes)
    if (choice.ecdhCurve !== undefined) options.ecdhCurve = choice.ecdhCurve
  }
  if (sigalgs !== undefined) {
    const { chooseSignatureAlgorithms } = await import('./signature-algorithms.js')
    const choice = chooseSignatureAlgorithms(sigalgs)
    notes.push(...choice.notes)
    if (choice.sigalgs !== undefined) options.sigalgs = choice.sigalgs
  }
  return { options, notes }
}

/** OpenSSL's own security level forbids what TLS 1.0 and 1.1 sign with. */
function weakest(ciphers: string): string {
  return ciphers.includes('@SECLEVEL') ? ciphers : `${ciphers}:@SECLEVEL=0`
}

/** Whom the settings trust. Every certificate given is an anchor of its own, also an intermediate or a server's. */
function trust({ ca, extraCa }: TlsOptions): { options: SecureContextOptions; besides: readonly string[] } {
  const extra = trustedCertificates(extraCa, 'tls.extraCa').map(pemOf)
  if (ca === undefined) {
    return { options: extra.length > 0 ? { allowPartialTrustChain: true } : {}, besides: extra }
  }
  const own = Array.isArray(ca) ? ca : [ca]
  for (const each of own) {
    if (each.includes('CERTIFICATE-----')) continue
    // OpenSSL takes no certificate for an empty list, and then trusts nobody
    throw new SettingsError('settings.tls', 'tls.ca', 'holds no certificate', { hint: 'Give certificates as PEM.' })
  }
  return { options: { ca: [...own, ...extra], allowPartialTrustChain: true }, besides: [] }
}

/**
 * A context with further authorities beside those that Node brings. Node has no public way to add one without reading all of its own
 * anew; the method it uses itself has always been there, and when it is not, they are read anew.
 */
function contextOf(options: SecureContextOptions, besides: readonly string[]): SecureContext {
  const made = createSecureContext(options)
  if (besides.length === 0) return made
  const native = made.context as { addCACert?: (pem: string) => void } | undefined
  if (!native?.addCACert) return createSecureContext({ ...options, ca: [...rootCertificates, ...besides] })
  for (const pem of besides) native.addCACert(pem)
  return made
}
