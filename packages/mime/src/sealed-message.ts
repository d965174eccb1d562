import { InvariantError } from '@posthorn/ground'
import { contentOf } from './body/content.js'
import type { Part } from './body/part.js'
import { ComposedMessage, envelopeFor } from './composed-message.js'
import type { DkimOptions } from './dkim/options.js'
import { isAscii } from './header/field-text.js'
import type { MessageHeader } from './header/message-header.js'
import type { Message } from './message.js'
import { sealedContent } from './message-content.js'
import type { Parties } from './parties.js'
import type { RandomOctets } from './random-block.js'
import { refusal } from './refusal.js'
import type { SmimeOptions } from './smime/options.js'

// Loaded at the first use, and asked for once: every `import()` costs microseconds, also of what is there.
const signing = firstTime(() => import('./smime/sign.js'))
const encrypting = firstTime(() => import('./smime/encrypt.js'))
const dkimSigning = firstTime(() => import('./dkim/sign.js'))

/** What is done to a message after its body is made. */
export interface Sealing {
  readonly smime?: SmimeOptions
  readonly dkim?: DkimOptions | readonly DkimOptions[]
  readonly random: RandomOctets
  readonly now: () => Date
  /** Frees what the body holds outside memory. */
  readonly release?: () => void
}

/**
 * A message whose body is signed and encrypted (S/MIME, RFC 8551) and whose whole is signed for its domain (DKIM, RFC 6376), in this
 * order. Its header stays outside of S/MIME (RFC 8551 3.1): what is to be secret does not belong into the subject.
 *
 * What is encrypted names those it is encrypted for, so each blind recipient gets a message of its own, unless one certificate serves
 * them all; without visible recipients the first blind one stands in the envelope of the main message.
 * @param part as it stands, not to be changed any more
 * @throws {SettingsError} `smime.*`, `certificate.*`, `dkim.*`
 */
export async function sealedMessage(
  header: MessageHeader,
  parties: Parties,
  part: Part,
  sealing: Sealing,
): Promise<Message> {
  const { smime = {}, random, release } = sealing
  const encrypted = await signed(part, smime, random)
  const groups = smime.encrypt && !smime.encrypt.forAll ? apart(parties) : [[...parties.visible, ...parties.blind]]
  const utf8Header = !isAscii(header.text)
  let held = groups.length
  const copies: Message[] = []
  // From the last to the first, since the first one carries the others; one after the other, since each reads the whole body.
  for (const recipients of groups.toReversed()) {
    const final = await encrypted(recipients)
    const text = (await dkim(header.text, final, sealing)) + header.text
    const content = sealedContent(text, final, utf8Header, release && once(() => --held === 0 && release()))
    const { address } = parties.sender
    const envelope = envelopeFor(address, recipients, utf8Header || ![address, ...recipients].every(isAscii))
    const blind = copies.length > 0 && copies.length === groups.length - 1 ? copies.toReversed() : undefined
    copies.push(new ComposedMessage(text + final.fields, header, envelope, content, blind))
  }
  const main = copies.at(-1)
  if (!main) throw new InvariantError('a message was made for nobody')
  return main
}

/** Signs once, and gives what encrypts the result for a group of recipients, signed once more when that is asked for. */
async function signed(
  part: Part,
  { sign, encrypt, tripleWrap = false }: SmimeOptions,
  random: RandomOctets,
): Promise<(recipients: readonly string[]) => Promise<Part>> {
  if (tripleWrap && !(sign && encrypt)) {
    throw refusal(
      'smime.triple-wrap',
      'smime.tripleWrap',
      'needs both sign and encrypt',
      'Give both, or leave tripleWrap out.',
    )
  }
  const withSignature = async (inner: Part) => (sign ? (await signing()).signPart(inner, sign, random) : inner)
  const inner = await withSignature(part)
  return async (recipients) => {
    if (!encrypt) return inner
    const { encryptPart } = await encrypting()
    const outer = await encryptPart(inner, encrypt, recipients, random)
    return tripleWrap ? withSignature(outer) : outer
  }
}

/** The DKIM-Signature fields to stand in front of the header. */
async function dkim(header: string, part: Part, { dkim: options = [], now }: Sealing): Promise<string> {
  const signatures = [options].flat()
  if (signatures.length === 0) return ''
  const { dkimFields } = await dkimSigning()
  const body = contentOf(part.pieces, part.encoding ?? '7bit')
  return dkimFields(header + part.fields, () => body.open(), signatures, now())
}

/** Who shares a message: the visible recipients one, each blind one another. */
function apart({ visible, blind }: Parties): (readonly string[])[] {
  const alone = blind.map((address) => [address])
  return visible.length > 0 || alone.length === 0 ? [visible, ...alone] : alone
}

/** Freeing twice must not count for two. */
function once(action: () => unknown): () => void {
  let done = false
  return () => {
    if (!done) action()
    done = true
  }
}

function firstTime<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => (loading ??= load())
}
