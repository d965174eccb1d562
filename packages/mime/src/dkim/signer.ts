import { createHash, createPrivateKey, KeyObject, sign } from 'node:crypto'
import { Secret } from '@posthorn/ground'
import { wireDomain } from '../address/domain.js'
import { parseAddress } from '../address/mailbox.js'
import { fieldText, isAscii } from '../header/field-text.js'
import { refusal } from '../refusal.js'
import type { DkimOptions } from './options.js'

/** What a signature is made with, checked. */
export interface Signer {
  readonly domain: string
  readonly selector: string
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256'
  readonly relaxedHeader: boolean
  readonly relaxedBody: boolean
  readonly headerFields: readonly string[]
  readonly oversign: readonly string[]
  /** In the quoted-printable of tags. */
  readonly identity: string | undefined
  readonly expiresAfterSeconds: number | undefined
  /** Signs the octets the header fields come to. Off the event loop. */
  sign(octets: Uint8Array): Promise<Uint8Array>
}

/** RFC 6376 5.4.1, with the fields of RFC 8058 4 and those that say what the body is. Fields that servers on the way write are not here. */
const HEADER_FIELDS =
  'from sender reply-to subject date message-id to cc in-reply-to references mime-version content-type content-transfer-encoding list-id list-help list-unsubscribe list-unsubscribe-post list-subscribe list-post list-owner list-archive resent-date resent-from resent-to resent-cc'.split(
    ' ',
  )
const OVERSIGN =
  'from reply-to subject date message-id to cc mime-version content-type content-transfer-encoding'.split(' ')
/** They change on the way, or must not be signed: RFC 6376 5.4.1, 3.5 on h=. */
const NEVER = new Set(['return-path', 'received', 'comments', 'keywords', 'dkim-signature', 'bcc', 'resent-bcc'])
const CANONICALIZATIONS = new Set(['relaxed/relaxed', 'relaxed/simple', 'simple/relaxed', 'simple/simple'])
const MIN_RSA_BITS = 1024 // RFC 8301 3.2

/** Reading a key costs more than all else, and options are used for many messages. */
const keys = new WeakMap<DkimOptions, { readonly given: DkimOptions['privateKey']; readonly key: KeyObject }>()

/**
 * Reads the options of a signature; the private key of the same object is read once.
 * @throws {SettingsError} `dkim.domain`, `dkim.selector`, `dkim.key`, `dkim.header-fields`, `dkim.identity`, `dkim.canonicalization`,
 * `dkim.expires`, `draft.control-character`
 */
export function signerOf(options: DkimOptions, field: string): Signer {
  const { canonicalization = 'relaxed/relaxed', expiresAfterSeconds } = options
  const domain = wireDomain(fieldText(options.domain, `${field}.domain`))?.toLowerCase()
  if (domain === undefined) {
    throw refusal(
      'dkim.domain',
      `${field}.domain`,
      'is not a domain',
      'Give the domain that signs, such as example.com.',
    )
  }
  if (!CANONICALIZATIONS.has(canonicalization)) {
    const hint = 'Use relaxed/relaxed, relaxed/simple, simple/relaxed or simple/simple, or leave it out.'
    throw refusal('dkim.canonicalization', `${field}.canonicalization`, 'is not a pair of canonicalizations', hint)
  }
  if (expiresAfterSeconds !== undefined && !(Number.isSafeInteger(expiresAfterSeconds) && expiresAfterSeconds > 0)) {
    const hint = 'Give a whole number of seconds above 0, or leave it out.'
    throw refusal('dkim.expires', `${field}.expiresAfterSeconds`, 'is not a number of seconds', hint)
  }
  const key = privateKey(options, `${field}.privateKey`)
  const [header, body] = canonicalization.split('/')
  return {
    domain,
    selector: selector(options.selector, `${field}.selector`),
    algorithm: key.asymmetricKeyType === 'rsa' ? 'rsa-sha256' : 'ed25519-sha256',
    relaxedHeader: header === 'relaxed',
    relaxedBody: body === 'relaxed',
    headerFields: fieldNames(options.headerFields ?? HEADER_FIELDS, `${field}.headerFields`, ['from']),
    oversign: fieldNames(options.oversign ?? OVERSIGN, `${field}.oversign`, []),
    identity: options.identity === undefined ? undefined : identity(options.identity, domain, `${field}.identity`),
    expiresAfterSeconds,
    sign: (octets) => signature(octets, key),
  }
}

function privateKey(options: DkimOptions, field: string): KeyObject {
  const { privateKey: given } = options
  const known = keys.get(options)
  if (known?.given === given) return known.key
  const key = checkedKey(given, field)
  keys.set(options, { given, key })
  return key
}

function checkedKey(given: DkimOptions['privateKey'], field: string): KeyObject {
  const key = given instanceof KeyObject ? given : readKey(given, field)
  const rsa = key.asymmetricKeyType === 'rsa'
  if (key.type !== 'private' || !(rsa || key.asymmetricKeyType === 'ed25519')) {
    throw refusal('dkim.key', field, 'is neither an RSA nor an Ed25519 private key', 'Give the private key as PEM.')
  }
  if (rsa && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) {
    const hint = 'Make a key of 2048 bits and publish its public half.'
    throw refusal('dkim.key', field, `has fewer than ${MIN_RSA_BITS} bits, which verifiers refuse (RFC 8301 3.2)`, hint)
  }
  return key
}

function readKey(given: Exclude<DkimOptions['privateKey'], KeyObject>, field: string): KeyObject {
  try {
    if (given instanceof Uint8Array) {
      const octets = Buffer.from(given)
      if (!octets.subarray(0, 64).includes('-----'))
        return createPrivateKey({ key: octets, format: 'der', type: 'pkcs8' })
      return createPrivateKey(octets)
    }
    return createPrivateKey(given instanceof Secret ? given.reveal() : given)
  } catch {
    // the cause is left out: what OpenSSL says may quote its input
    const hint = 'Give PEM in PKCS#8 or PKCS#1 without a password, or a KeyObject.'
    throw refusal('dkim.key', field, 'cannot be read as a private key', hint)
  }
}

/** Labels as in a domain; an underscore is not allowed by the grammar (RFC 6376 3.1), and in use all the same. */
function selector(text: string, field: string): string {
  const wire = isAscii(fieldText(text, field)) ? text : wireDomain(text)
  if (
    wire !== undefined &&
    wire.length <= 253 &&
    /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/i.test(wire)
  )
    return wire
  throw refusal('dkim.selector', field, 'is not a selector', 'Give the part in front of ._domainkey, such as s2026.')
}

function fieldNames(given: readonly string[], field: string, always: readonly string[]): string[] {
  const names = new Set(always)
  given.forEach((name, index) => {
    const lower = fieldText(name, `${field}[${index}]`).toLowerCase()
    if (!/^[!-9<-~]+$/.test(lower) || lower.length > 70 || /=\?.*\?=/.test(lower) || NEVER.has(lower)) {
      const hint = 'Name fields of the message itself, such as From or List-Unsubscribe.'
      throw refusal('dkim.header-fields', `${field}[${index}]`, 'is not the name of a field that can be signed', hint)
    }
    names.add(lower)
  })
  return [...names]
}

/** As long as an address may be (RFC 5321 4.5.3.1.3), so that the tag stays on a line of 998 octets. */
const MAX_IDENTITY_OCTETS = 254

/** `@domain`, or an address by the grammar of all others (RFC 6376 3.5). */
function identity(given: string, domain: string, field: string): string {
  const text = fieldText(given, field).startsWith('@') ? given : address(given, field)
  const at = text.lastIndexOf('@')
  const own = wireDomain(text.slice(at + 1))?.toLowerCase()
  if (Buffer.byteLength(text) > MAX_IDENTITY_OCTETS) {
    const hint = 'Leave it out, or give an address.'
    throw refusal('dkim.identity', field, `has more than ${MAX_IDENTITY_OCTETS} octets`, hint)
  }
  if (own === undefined || !(own === domain || own.endsWith(`.${domain}`))) {
    const hint = `Write @${domain} or user@sub.${domain}, or leave it out.`
    throw refusal('dkim.identity', field, `is not at ${domain} or a domain below it (RFC 6376 3.5)`, hint)
  }
  const local = Array.from(Buffer.from(text.slice(0, at)), (octet) =>
    octet > 32 && octet < 127 && octet !== 61 && octet !== 59
      ? String.fromCharCode(octet)
      : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`,
  )
  return `${local.join('')}@${own}`
}

function address(text: string, field: string): string {
  try {
    return parseAddress(text, field).address
  } catch (cause) {
    throw refusal('dkim.identity', field, 'is not an address', 'Write @example.com or user@example.com.', cause)
  }
}

/** RSASSA-PKCS1-v1_5 over the octets (RFC 6376 3.3), or Ed25519 over their SHA-256 (RFC 8463 3). */
function signature(octets: Uint8Array, key: KeyObject): Promise<Uint8Array> {
  const rsa = key.asymmetricKeyType === 'rsa'
  const signed = rsa ? octets : createHash('sha256').update(octets).digest()
  return new Promise((resolve, reject) => {
    sign(rsa ? 'sha256' : null, signed, key, (error, made) => (error ? reject(error) : resolve(made)))
  })
}
