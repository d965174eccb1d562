import { SettingsError } from '@posthorn/ground'
import { DEFAULT_CIPHERS } from 'node:tls'
import {
  cipherSuite,
  CIPHER_SUITES,
  isAnonymous,
  isSpoken,
  needsSharedSecret,
  type CipherSuite,
} from './cipher-suites.js'
import { listed } from './listed.js'
import type { TlsVersionRange } from './versions.js'

/** What is offered, in OpenSSL's words. */
export interface CipherChoice {
  /** For `createSecureContext`; undefined: what Node offers by itself. */
  readonly ciphers: string | undefined
  /** Narrower than what was asked for when the list has no suite for the highest version. */
  readonly maxVersion: TlsVersionRange['maxVersion']
  readonly notes: readonly string[]
}

export interface CipherWish extends TlsVersionRange {
  readonly ciphers: string | readonly string[] | undefined
  readonly minStrengthBits: number | undefined
}

/**
 * Turns names of suites into what OpenSSL wants. Two kinds of list are told apart by their names, because their writers mean different
 * things. With IANA or JSSE names of suites for TLS 1.2 the list is all there is, as in Java and IPWorks: without a suite of TLS 1.3 in it,
 * TLS 1.3 is not offered. With OpenSSL names or a cipher string it is about TLS 1.2 and before, as in OpenSSL and Node: the suites of TLS 1.3
 * stay. `*` stands for what Node offers by itself.
 * @throws {SettingsError} `settings.tls-ciphers` when nothing is left, naming what was left out
 */
export function chooseCiphers({ ciphers, minStrengthBits, minVersion, maxVersion }: CipherWish): CipherChoice {
  const wanted = listed(ciphers)
  if (wanted.length === 0 || wanted.includes('*')) return everything(minStrengthBits, { minVersion, maxVersion })

  const list = sorted(wanted, minStrengthBits ?? 0)
  const nothing = list.old.length === 0 && list.tls13.length === 0
  const old = minVersion !== 'TLSv1.3' ? list.old : []
  const offersOld = old.length > 0
  const keeps13 = list.opensslStyle && list.tls13.length === 0
  const tls13 = maxVersion !== 'TLSv1.3' ? [] : keeps13 ? tls13Suites(minStrengthBits) : list.tls13
  if (nothing || (!offersOld && tls13.length === 0)) throw nothingLeft(wanted, list.leftOut, { minVersion, maxVersion })

  const notes = list.leftOut.map((each) => `tls.ciphers: ${each}`)
  if (maxVersion === 'TLSv1.3' && tls13.length === 0) {
    notes.push('tls.ciphers names no suite of TLS 1.3, so TLS 1.2 is the highest version offered')
  }
  if (list.anonymous) notes.push('tls.ciphers names a suite without a certificate: security level 0 is set for it')
  const lowered = old.find((word) => /^@SECLEVEL=0$/i.test(word))
  if (lowered !== undefined) notes.push(`tls.ciphers has ${lowered}: weak keys and digests are taken`)
  const level = list.anonymous && !old.some((each) => each.startsWith('@SECLEVEL')) ? ['@SECLEVEL=0'] : []
  const never = list.words ? NEVER : []
  return {
    ciphers: [...tls13, ...old, ...(offersOld ? [...never, ...weakerThan(minStrengthBits), ...level] : [])].join(':'),
    maxVersion: tls13.length === 0 && maxVersion === 'TLSv1.3' ? 'TLSv1.2' : maxVersion,
    notes,
  }
}

/** Behind a cipher string, whatever its words bring along: suites that do not encrypt, and those for which there is no setting. */
const NEVER = ['!eNULL', '!PSK', '!SRP']

interface SortedNames {
  /** OpenSSL names of suites for TLS 1.2 and before, and words of cipher strings. */
  readonly old: string[]
  readonly tls13: string[]
  /** What is not offered, and why. */
  readonly leftOut: string[]
  /** True with words that stand for several suites. */
  words: boolean
  opensslStyle: boolean
  anonymous: boolean
}

function sorted(wanted: readonly string[], minStrengthBits: number): SortedNames {
  const list: SortedNames = { old: [], tls13: [], leftOut: [], words: false, opensslStyle: true, anonymous: false }
  for (const word of wanted) {
    const suite = cipherSuite(word)
    if (!suite) {
      const problem = wordProblem(word)
      list.words ||= problem === undefined
      if (problem === undefined) list.old.push(word)
      else list.leftOut.push(problem)
      continue
    }
    if (!suite.tls13 && !isOpensslName(word, suite)) list.opensslStyle = false
    const problem = suiteProblem(word, suite, minStrengthBits)
    if (problem !== undefined) list.leftOut.push(problem)
    else if (suite.tls13) list.tls13.push(suite.name)
    else {
      list.old.push(suite.opensslName ?? '')
      list.anonymous ||= isAnonymous(suite)
    }
  }
  // words that only take away leave nothing to take it from
  if (!list.old.some((word) => !/^[!@+-]/.test(word))) list.old.length = 0
  return list
}

function isOpensslName(word: string, { opensslName }: CipherSuite): boolean {
  return word.toUpperCase() === opensslName?.toUpperCase()
}

/** Why a suite that has a name is not offered. */
function suiteProblem(word: string, suite: CipherSuite, minStrengthBits: number): string | undefined {
  if (/_SCSV$/.test(suite.name)) return `${word} is a signal and no suite; Node sends it by itself`
  if (/NULL/.test(suite.name)) return `${word} does not encrypt`
  if (needsSharedSecret(suite)) return `${word} needs a secret shared beforehand, for which there is no setting`
  if (suite.opensslName === undefined || !isSpoken(suite.opensslName)) {
    return `${word} is not supported by this Node (OpenSSL ${process.versions.openssl})`
  }
  if (suite.strengthBits < minStrengthBits) return `${word} has fewer than ${minStrengthBits} bits`
  return undefined
}

/** Why a word is none of OpenSSL's cipher strings, or is not taken as one. */
function wordProblem(word: string): string | undefined {
  if (/^(?:[\w+-]+\+)?e?NULL(?:\+[\w+-]+)?$/.test(word)) return `${word} does not encrypt`
  if (/^(?:[!+-][\w+.-]+|@STRENGTH|@SECLEVEL=[0-5])$/.test(word)) return undefined // what is taken away or put last need not be there
  if (/^[\w+.-]+$/.test(word) && isSpoken(word)) return undefined
  return `${word} is not the name of a suite`
}

function everything(minStrengthBits: number | undefined, versions: TlsVersionRange): CipherChoice {
  const { maxVersion } = versions
  const weaker = weakerThan(minStrengthBits)
  if (weaker.length === 0) return { ciphers: undefined, maxVersion, notes: [] }
  const tls13 = tls13Suites(minStrengthBits)
  const old = DEFAULT_CIPHERS.split(':').filter((each) => !each.startsWith('TLS_'))
  const strong = CIPHER_SUITES.some((suite) => suite.strengthBits >= (minStrengthBits ?? 0))
  if (!strong) {
    const message = `no cipher suite has keys of ${minStrengthBits} bits`
    throw new SettingsError('settings.tls-ciphers', 'tls.minStrengthBits', message, { hint: 'Use 128 or 256.' })
  }
  return { ciphers: [...tls13, ...old, ...weaker].join(':'), maxVersion, notes: [] }
}

/** What OpenSSL offers when nobody says anything. */
const OPENSSL_TLS13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']

/** The suites of TLS 1.3 that Node offers by itself, without the weaker ones. */
function tls13Suites(minStrengthBits = 0): string[] {
  const usual = DEFAULT_CIPHERS.split(':').filter((each) => each.startsWith('TLS_'))
  return (usual.length > 0 ? usual : OPENSSL_TLS13).filter(
    (name) => (cipherSuite(name)?.strengthBits ?? 0) >= minStrengthBits,
  )
}

/** OpenSSL's words for taking away all suites of TLS 1.2 and before that are weaker. */
function weakerThan(minStrengthBits = 0): string[] {
  return CIPHER_SUITES.filter(
    ({ opensslName, strengthBits, tls13 }) => !tls13 && opensslName !== undefined && strengthBits < minStrengthBits,
  ).map(({ opensslName }) => `!${opensslName}`)
}

const MAX_NAMED = 20

function nothingLeft(
  wanted: readonly string[],
  leftOut: readonly string[],
  { minVersion, maxVersion }: TlsVersionRange,
): SettingsError {
  const named = (leftOut.length > 0 ? leftOut : wanted).slice(0, MAX_NAMED).join('; ')
  const message =
    leftOut.length > 0
      ? `no cipher suite is left: ${named}`
      : `no cipher suite of these is for ${minVersion} to ${maxVersion}: ${named}`
  return new SettingsError('settings.tls-ciphers', 'tls.ciphers', message, {
    hint: "Name suites such as TLS_AES_128_GCM_SHA256 and TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or '*' for all that Node offers.",
  })
}
