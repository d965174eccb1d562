import { certificateProblem, type Certificate, type CertificateProblem } from '@posthorn/certificate'
import { SettingsError } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import { comparableMailbox } from './certificate-mailbox.js'
import { CURVES } from './key-agreement.js'
import type { EncryptOptions } from './options.js'

const FIELD = 'smime.encrypt.certificates'
const MIN_RSA_BITS = 2048
const MIN_WEAK_RSA_BITS = 1024
/** A function may ask a directory: so many questions at a time. */
const QUESTIONS = 16

/** A certificate, and what to call it in an error. */
interface Chosen {
  readonly certificate: Certificate
  readonly field: string
  readonly whose: string
}

/**
 * The certificates that a message is encrypted for, each once: that of every address, then `alsoFor`. In a list, a certificate belongs to
 * the addresses in it, compared without case: domains have none, and no mail system in use tells local parts apart by it, though RFC
 * 5321 2.4 lets it. Of several the newest that can be used counts.
 * @throws {SettingsError} `smime.no-certificate` naming every address that has none; `certificate.expired`, `certificate.not-yet-valid`,
 * `certificate.wrong-usage`, `smime.weak-key`; `smime.certificate-source` (transient) when the function fails
 */
export async function certificatesFor(
  options: EncryptOptions,
  addresses: readonly string[],
): Promise<readonly Certificate[]> {
  const now = options.now?.() ?? new Date()
  const against = (certificate: Certificate) => obstacle(certificate, options.allowWeakKeys === true, now)
  const chosen = [...(await forAddresses(options, addresses, against)), ...forOthers(options.alsoFor ?? [])]
  if (chosen.length === 0) {
    throw refusal(
      'smime.no-certificate',
      FIELD,
      'there is nobody to encrypt for',
      'Give the message a recipient, or certificates in alsoFor.',
    )
  }
  const unique = new Map<string, Certificate>()
  for (const { certificate, field, whose } of chosen) {
    const found = against(certificate)
    if (found) throw refusal(found.code, field, `${whose} ${found.sentence}`, found.hint)
    unique.set(certificate.fingerprints.sha256, certificate)
  }
  return [...unique.values()]
}

type Against = (certificate: Certificate) => Obstacle | undefined

async function forAddresses(
  options: EncryptOptions,
  addresses: readonly string[],
  against: Against,
): Promise<Chosen[]> {
  const { forAll, certificates = [] } = options
  if (forAll) {
    const whose = `the certificate for everybody (${forAll.subject})`
    return addresses.length > 0 ? [{ certificate: forAll, field: 'smime.encrypt.forAll', whose }] : []
  }
  const find = typeof certificates === 'function' ? asking(certificates) : inList(certificates, against)
  const missing: string[] = []
  const chosen: Chosen[] = []
  for (let start = 0; start < addresses.length; start += QUESTIONS) {
    const some = addresses.slice(start, start + QUESTIONS)
    const found = await Promise.all(some.map((address) => find(address)))
    for (const [index, address] of some.entries()) {
      const certificate = found[index]
      if (certificate) chosen.push({ certificate, field: FIELD, whose: `the certificate of ${address}` })
      else missing.push(address)
    }
  }
  if (missing.length === 0) return chosen
  throw refusal(
    'smime.no-certificate',
    FIELD,
    `has no certificate for ${missing.join(', ')}`,
    'Give the certificate of each recipient, or send to them without encrypting.',
  )
}

function forOthers(certificates: readonly Certificate[]): Chosen[] {
  return certificates.map((certificate, index) => ({
    certificate,
    field: `smime.encrypt.alsoFor[${index}]`,
    whose: `the certificate of ${certificate.emails[0] ?? certificate.subject}`,
  }))
}

type Find = (address: string) => Promise<Certificate | undefined>

function asking(ask: (address: string) => Certificate | undefined | Promise<Certificate | undefined>): Find {
  return async (address) => {
    try {
      return await ask(address)
    } catch (error) {
      if (error instanceof SettingsError) throw error
      throw new SettingsError(
        'smime.certificate-source',
        FIELD,
        `the certificate of ${address} could not be looked up`,
        {
          phase: 'compose',
          outcome: 'transient', // a directory that does not answer may answer later
          hint: 'The cause says what the function threw.',
          cause: error,
        },
      )
    }
  }
}

function inList(certificates: readonly Certificate[], against: Against): Find {
  const byAddress = new Map<string, Certificate>()
  const usable = (certificate: Certificate) => against(certificate) === undefined
  const better = (one: Certificate, other: Certificate) =>
    Number(usable(one)) - Number(usable(other)) || one.validFrom.getTime() - other.validFrom.getTime()
  for (const certificate of certificates) {
    for (const address of certificate.emails) {
      const mailbox = comparableMailbox(address)
      if (mailbox === undefined) continue
      const known = byAddress.get(mailbox)
      if (!known || better(certificate, known) > 0) byAddress.set(mailbox, certificate)
    }
  }
  return (address) => Promise.resolve(byAddress.get(comparableMailbox(address) ?? ''))
}

/** Why a certificate is not encrypted for; the sentence goes on from its name. */
interface Obstacle {
  readonly code: CertificateProblem['code'] | 'smime.weak-key'
  readonly sentence: string
  readonly hint: string
}

function obstacle(certificate: Certificate, allowWeakKeys: boolean, now: Date): Obstacle | undefined {
  const problem = certificateProblem(certificate, 'encrypt-mail', now)
  if (problem) return { ...problem, hint: 'Ask for a certificate that is valid, and made for encrypting mail.' }
  const { modulusLength = 0, namedCurve = 'without a name' } = certificate.publicKey.asymmetricKeyDetails ?? {}
  const type = certificate.publicKey.asymmetricKeyType
  if (type === 'rsa' && modulusLength < (allowWeakKeys ? MIN_WEAK_RSA_BITS : MIN_RSA_BITS)) {
    const sentence = `has an RSA key of ${modulusLength} bits, which others can break`
    const instead = modulusLength < MIN_WEAK_RSA_BITS ? 'with an EC key' : 'with a longer key, or set allowWeakKeys'
    return { code: 'smime.weak-key', sentence, hint: `Ask for a certificate ${instead}.` }
  }
  if (type === 'ec' && !CURVES.includes(namedCurve)) {
    const sentence = `has a key on the curve ${namedCurve}, which is not used for mail`
    return { code: 'smime.weak-key', sentence, hint: 'Ask for a certificate with a key on P-256, P-384 or P-521.' }
  }
  return undefined
}
