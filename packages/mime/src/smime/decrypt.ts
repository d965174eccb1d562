import { timingSafeEqual, type KeyObject } from 'node:crypto'
import type { Certificate, Identity } from '@posthorn/certificate'
import { SettingsError } from '@posthorn/ground'
import { malformed } from './ber-reader.js'
import { algorithmOf, derOf, membersOf, octetsOf, valueOf, withoutParameters } from './cms-element.js'
import { CIPHERS, decryption, type CipherFacts, type SealedBy } from './content-cipher.js'
import { readEnveloped, type Enveloped, type Rereadable, type Recipient, type RecipientId } from './enveloped-reader.js'
import { AGREEMENT_SCHEMES, receiveAgreedKey } from './key-agreement.js'
import { receiveTransportedKey } from './key-transport.js'
import { KEY_WRAPS } from './key-wrap.js'
import { issuerText } from './issuer-text.js'
import { readRefusal } from './read-refusal.js'
import { slices, Turn } from '../turn.js'
import { unsupported } from './unsupported.js'

/**
 * The inner MIME entity of an encrypted one, in memory. With GCM (AuthEnvelopedData) it is as it was sent; with CBC nothing says that it
 * is, and a wrong key is found out in 255 of 256 cases only: what says so is a signature inside.
 * @param der a ContentInfo with EnvelopedData or AuthEnvelopedData, BER or DER, such as the octets of `smime.p7m`
 * @throws {SettingsError} `smime.not-for-us` naming whom it is for; `smime.decrypt` when the key, the padding or the content is wrong,
 * alike for all of them; `smime.no-private-key` for a key in a token; `smime.malformed`; `smime.unsupported`
 * @source RFC 5652 6; RFC 5083; RFC 8551 3.3, 3.4
 */
export async function openEnveloped(der: Uint8Array, identities: readonly Identity[]): Promise<Uint8Array> {
  const { opening } = await open({ read: () => once(der) }, identities)
  const blocks: Uint8Array[] = []
  for await (const block of opening()) blocks.push(block)
  return Buffer.concat(blocks)
}

/**
 * The same in constant memory. The source is read two times, with GCM three times: first to see that it is whole, then to see that it
 * is what was sent, then to give it; and once for each key when several identities get different ones. With CBC the last block tells whether the key was right: what came before is not to be used
 * before the end has come.
 */
export async function decryptEnveloped(
  source: Rereadable,
  identities: readonly Identity[],
): Promise<AsyncIterable<Uint8Array>> {
  const { opening, isTried, authenticated } = await open(source, identities)
  if (authenticated && !isTried) await passOver(opening())
  return opening()
}

interface Opened {
  readonly opening: () => AsyncGenerator<Uint8Array, void, undefined>
  readonly authenticated: boolean
  /** True when it was read to its end already, and opened. */
  readonly isTried: boolean
}

async function open(source: Rereadable, identities: readonly Identity[]): Promise<Opened> {
  const enveloped = await readEnveloped(source)
  const { authenticated, algorithm, recipients } = enveloped
  const cipher = CIPHERS.find(({ oid }) => oid === algorithm.oid)
  // a GCM message that says it is none would be opened without its tag
  if (cipher?.authenticated !== authenticated) throw unsupported('a content cipher', algorithm.oid)
  const sealed = sealedBy(enveloped, cipher)
  const keys = contentKeys(ours(recipients, identities), cipher.keyOctets)
  const openings = keys.map((key) => () => plainOctets(enveloped, cipher, key, sealed))
  if (openings.length === 1) return { opening: openings[0]!, authenticated, isTried: false }
  for (const opening of openings) if (await opens(opening)) return { opening, authenticated, isTried: true }
  throw closed()
}

async function opens(opening: Opened['opening']): Promise<boolean> {
  try {
    await passOver(opening())
    return true
  } catch (error) {
    if (error instanceof SettingsError && error.code === CLOSED) return false
    throw error
  }
}

async function passOver(blocks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const block of blocks) void block
}

async function* plainOctets(
  enveloped: Enveloped,
  cipher: CipherFacts,
  key: Uint8Array,
  sealed: SealedBy,
): AsyncGenerator<Uint8Array, void, undefined> {
  const work = decryption(cipher, key, sealed)
  const turn = new Turn()
  for await (const piece of enveloped.encryptedOctets()) {
    for (const slice of slices(piece)) {
      const block = work.update(slice)
      if (block.length > 0) yield block
      if (turn.isOver) await turn.pass()
    }
  }
  const last = openedOrRefused(() => work.final())
  if (last.length > 0) yield last
}

/** The parameters of the content cipher: its vector, or GCMParameters (RFC 5084 3.2). */
function sealedBy({ algorithm, mac, attributes }: Enveloped, cipher: CipherFacts): SealedBy {
  if (!cipher.authenticated) {
    const iv = octetsOf(algorithm.parameters, 'initialization vector')
    if (iv.length !== cipher.ivOctets) throw malformed('has an initialization vector of the wrong length')
    return { iv }
  }
  const [nonce, length] = membersOf(algorithm.parameters, 48, 'GCM parameters')
  const iv = octetsOf(nonce, 'nonce')
  const tagOctets = length ? Number(`0x${Buffer.from(valueOf(length, 2, 'length of the tag')).toString('hex')}`) : 12
  if (iv.length === 0 || iv.length > 128) throw malformed('has a nonce of the wrong length')
  if (tagOctets < 12 || tagOctets > 16 || mac?.length !== tagOctets) throw malformed('has a tag of the wrong length')
  return { iv, tag: mac, ...(attributes ? { associated: attributes } : {}) }
}

/** What the message has for somebody whose key we have. */
interface Named {
  readonly recipient: Recipient
  readonly privateKey: KeyObject
}

/** The identities that are named, each with what the message has for it. */
function ours(recipients: readonly Recipient[], identities: readonly Identity[]): readonly Named[] {
  const named: Named[] = []
  let inToken: Certificate | undefined
  for (const { certificate, privateKey } of identities) {
    const recipient = recipients.find(({ id }) => names(id, certificate))
    if (recipient && privateKey.keyObject) named.push({ recipient, privateKey: privateKey.keyObject })
    else if (recipient) inToken ??= certificate
  }
  if (named.length > 0) return named
  if (inToken) {
    throw readRefusal(
      'smime.no-private-key',
      'identities',
      `the private key of ${inToken.subject} is in a token, which cannot decrypt here`,
      'Give an identity with its private key in memory.',
    )
  }
  const listed = recipients.slice(0, 20).map(({ id }) => described(id))
  const more = recipients.length > listed.length ? ` and ${recipients.length - listed.length} more` : ''
  throw readRefusal(
    'smime.not-for-us',
    'identities',
    `the message is encrypted for ${listed.join('; ') || 'nobody with a certificate'}${more}`,
    'Give the identity of one of them, with its private key.',
  )
}

function names(id: RecipientId, { issuerDer, serialNumber, subjectKeyIdentifier }: Certificate): boolean {
  if ('issuerDer' in id) return same(id.issuerDer, issuerDer) && same(id.serialNumber, serialNumber)
  return subjectKeyIdentifier !== undefined && same(id.subjectKeyIdentifier, subjectKeyIdentifier)
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

function described(id: RecipientId): string {
  if ('issuerDer' in id) return `number ${hex(id.serialNumber)} of ${issuerText(id.issuer)}`
  return `the key ${hex(id.subjectKeyIdentifier)}`
}

/** A serial number has 20 octets at most (RFC 5280 4.1.2.2). */
const hex = (octets: Uint8Array) => Buffer.from(octets.subarray(0, 32)).toString('hex')

/**
 * The content keys that the identities get, each once: one, when everything is in order. What is wrong for one of them, such as an algorithm
 * that is not supported, does not matter as long as another gets a key; and no error says which of them came nearer than others.
 * @throws {SettingsError} `smime.decrypt`, or, when no key was tried, what is wrong for the first
 */
function contentKeys(named: readonly Named[], keyOctets: number): readonly Buffer[] {
  const keys: Buffer[] = []
  const errors: SettingsError[] = []
  for (const { recipient, privateKey } of named) {
    try {
      const key = contentKey(recipient, privateKey, keyOctets)
      if (keys.every((other) => !timingSafeEqual(other, key))) keys.push(key)
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error
      errors.push(error)
    }
  }
  if (keys.length > 0) return keys
  throw errors.find(({ code }) => code === CLOSED) ?? errors[0]!
}

function contentKey(recipient: Recipient, privateKey: KeyObject, keyOctets: number): Buffer {
  const receive = recipient.agreement ? agreed(recipient, recipient.agreement) : transported(recipient, keyOctets)
  const key = openedOrRefused(() => receive(privateKey))
  if (key.length !== keyOctets) throw closed()
  return key
}

function transported({ algorithm, encryptedKey }: Recipient, keyOctets: number): (privateKey: KeyObject) => Buffer {
  return (privateKey) => receiveTransportedKey(privateKey, algorithm, encryptedKey, keyOctets)
}

function agreed(
  { algorithm, encryptedKey }: Recipient,
  { point, ukm }: NonNullable<Recipient['agreement']>,
): (privateKey: KeyObject) => Buffer {
  const scheme = AGREEMENT_SCHEMES.find(({ oid }) => oid === algorithm.oid)
  if (!scheme) throw unsupported('a key agreement', algorithm.oid)
  const { parameters } = algorithm
  const wrapping = algorithmOf(parameters, 'key wrap')
  const wrap = KEY_WRAPS.find(({ oid }) => oid === wrapping.oid)
  if (!wrap || !parameters || !withoutParameters(wrapping)) throw unsupported('a key wrap', wrapping.oid)
  if (!point) throw unsupported('a key agreement', 'with a key of the sender that is in a certificate')
  const info = { scheme, wrap, point, ukm, encryptedKey, wrapIdentifier: derOf(parameters) }
  return (privateKey) => receiveAgreedKey(privateKey, info)
}

/** Whatever is wrong with the key or what it opens, the error is the same: it tells nobody how near a guess came. */
function openedOrRefused(opening: () => Buffer): Buffer {
  try {
    return opening()
  } catch (error) {
    if (error instanceof SettingsError) throw error
    throw closed()
  }
}

const CLOSED = 'smime.decrypt'

function closed(): SettingsError {
  return readRefusal(
    CLOSED,
    'message',
    'does not open with this key',
    'It was changed on its way, or encrypted for another key than the certificate says.',
  )
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}
