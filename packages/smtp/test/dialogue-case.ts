import type { Dialogue } from '@posthorn/testkit'
import type { ContentSource, Envelope, SendOptions, SmtpOptions } from '../src/index.js'

/**
 * The `@` lines of a dialogue: what the client is told to do, and what must come of it. Everything has a default; without any line one
 * message goes from a@example.test to b@example.test over one connection without TLS, and is delivered.
 */
export interface DialogueCase {
  /** Over the defaults of `play`: host, port and `tls.ca` are filled in; credentials stand here as plain strings. */
  readonly options?: Partial<SmtpOptions>
  /** The server begins with TLS: true, or the certificate it shows. */
  readonly implicitTls?: boolean | string
  /** One message. */
  readonly send?: SendCase
  /** Several, all at once and in this order, or with `inTurn` each after the end of the one before. */
  readonly sends?: readonly SendCase[]
  readonly inTurn?: boolean
  /** No mail: `client.verify()`. */
  readonly verify?: true
  /**
   * On a session of one's own, one after the other: commands (`noop`, `noop text`, `rset`, `vrfy x`, `expn x`, `help`, `help x`, `raw LINE`,
   * `secret LINE`, `quit`) and messages.
   */
  readonly session?: readonly (string | SessionSendCase)[]
  /**
   * What must come of it; for `sends` a list, one entry for each, `{}` meaning delivered to all; for `session` one for each message, then
   * one for the commands.
   */
  readonly expect?: Expectation | readonly Expectation[]
  /** Only these ways of cutting what the server sends, where another cut makes another dialogue. */
  readonly chunkings?: readonly ('whole' | 'line' | 'octet')[]
  /** Nothing of this in what the server got in clear. */
  readonly clearWithout?: readonly string[]
  /** Why the ledger of the server cannot be compared: it does not know what stands in this dialogue. */
  readonly blind?: string
  /** What the server took responsibility for, where that is more than the receipts say. */
  readonly ledger?: readonly {
    readonly reversePath?: string
    readonly recipients?: readonly string[]
    readonly content?: string
  }[]
}

/** One message; strings of JSON stand for what JSON cannot hold. */
export interface SendCase {
  /** Over `{ reversePath: 'a@example.test', recipients: ['b@example.test'] }`. */
  readonly envelope?: Partial<Envelope>
  readonly content?: string | ContentCase
  readonly recipients?: SendOptions['recipients']
  readonly deadlineMs?: number
  /** Aborts when this is the beginning of a command that goes out, or with `reply:` of a reply that comes in; or at `content done`. */
  readonly abortAt?: string
}

/** One message on a session of one's own. */
export interface SessionSendCase extends SendCase {
  readonly reset?: boolean
  readonly resetAfterFailure?: boolean
  /** What `session.dirty` says after it; default false. */
  readonly dirty?: boolean
}

export interface ContentCase {
  /** Octets in memory. */
  readonly base64?: string
  /** Blocks of a source that must be opened, as text or as `base64:...`. */
  readonly blocks?: readonly string[]
  /** This text so many times, in memory. */
  readonly repeat?: string
  readonly times?: number
  /** A source that fails after its blocks. */
  readonly fails?: true
  readonly sizeOctets?: number
  readonly canonical?: true
  readonly encoding?: '7bit' | '8bit' | 'binary'
}

export interface Expectation {
  /** Of the receipt, in order; default: every recipient delivered, or nothing said when there is an error. */
  readonly deliveries?: readonly {
    readonly recipient: string
    readonly outcome: string
    readonly code?: number
    readonly enhanced?: string
    readonly phase?: string
  }[]
  readonly error?: {
    readonly name?: string
    readonly code: string
    readonly phase?: string
    readonly outcome?: string
    readonly field?: string
    readonly replyCode?: number
    /** A part of the message. */
    readonly says?: string
  }
  /** For `session`: the reply codes. */
  readonly replies?: readonly number[]
  /** For `session`: the text of the last reply. */
  readonly lines?: readonly string[]
}

const KEYS = [
  'options',
  'implicitTls',
  'send',
  'sends',
  'inTurn',
  'verify',
  'session',
  'expect',
  'chunkings',
  'clearWithout',
  'blind',
  'ledger',
]

const SEND_KEYS = ['envelope', 'content', 'recipients', 'deadlineMs', 'abortAt']

/** The case of a dialogue. @throws {Error} on an unknown key, so that no expectation is lost to a typing error */
export function caseOf(dialogue: Dialogue): DialogueCase {
  const about = dialogue.about as DialogueCase
  allow(about, KEYS, '@')
  const kinds = ['send', 'sends', 'verify', 'session'].filter((kind) => kind in about)
  if (kinds.length > 1) throw new Error(`only one of ${kinds.join(', ')} can stand in the "@" lines`)
  for (const send of about.sends ?? (about.send ? [about.send] : [])) allow(send, SEND_KEYS, 'send')
  for (const step of about.session ?? [])
    if (typeof step !== 'string') allow(step, [...SEND_KEYS, 'reset', 'resetAfterFailure', 'dirty'], 'session')
  for (const expected of expectations(about)) {
    allow(expected, ['deliveries', 'error', 'replies', 'lines'], 'expect')
    for (const delivery of expected.deliveries ?? [])
      allow(delivery, ['recipient', 'outcome', 'code', 'enhanced', 'phase'], 'deliveries')
    if (expected.error)
      allow(expected.error, ['name', 'code', 'phase', 'outcome', 'field', 'replyCode', 'says'], 'error')
  }
  if (about.sends && expectations(about).length !== 0 && expectations(about).length !== about.sends.length)
    throw new Error('"expect" needs one entry for each of "sends"')
  return about
}

/** The expectations as a list. */
export function expectations({ expect }: DialogueCase): readonly Expectation[] {
  if (expect === undefined) return []
  return Array.isArray(expect) ? (expect as readonly Expectation[]) : [expect as Expectation]
}

/** The content of a case as `send` takes it. */
export function contentOf(content: SendCase['content']): ContentSource {
  if (content === undefined) return 'Subject: x\r\n\r\nhello\r\n'
  if (typeof content === 'string') return content
  if (content.base64 !== undefined) return Buffer.from(content.base64, 'base64')
  if (content.repeat !== undefined) return content.repeat.repeat(content.times ?? 1)
  const { blocks = [], fails, ...facts } = content
  const open = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for (const block of blocks)
      yield block.startsWith('base64:') ? Buffer.from(block.slice(7), 'base64') : Buffer.from(block)
    if (fails) throw new Error('the disk is gone')
  }
  return Object.keys(facts).length > 0 ? { open, ...facts } : open
}

/** The envelope of a case; a `holdUntil` string becomes a date. */
export function envelopeOf({ envelope = {} }: SendCase): Envelope {
  const whole = { reversePath: 'a@example.test', recipients: ['b@example.test'], ...envelope }
  const until: unknown = whole.holdUntil
  if (typeof until === 'string') return { ...whole, holdUntil: new Date(until) }
  if (typeof until === 'object' && until !== null && 'prefer' in until)
    return { ...whole, holdUntil: { prefer: new Date(until.prefer as string) } }
  return whole
}

function allow(value: object, keys: readonly string[], where: string): void {
  const unknown = Object.keys(value).find((key) => !keys.includes(key))
  if (unknown !== undefined) throw new Error(`${where} has no "${unknown}", only ${keys.join(', ')}`)
}
