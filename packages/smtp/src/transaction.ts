import { SettingsError, type ContentEncoding, type PosthornError } from '@posthorn/ground'
import { command, type Command } from './command.js'
import type { Job } from './job.js'
import { mailParameters, rcptParameters } from './parameters.js'
import { narrower, recoding, type Rendition } from './rendition.js'
import type { Session } from './session.js'

/**
 * Where a transaction is. `waiting`: in the queue, or nothing of it counts any more. `envelope`: MAIL and RCPT are under way.
 * `content`: octets of content may have gone out, the last one has not. `sent`: the last octet is out. `done`: every recipient of it is
 * decided or handed on.
 */
export type Stage = 'waiting' | 'envelope' | 'content' | 'sent' | 'done'

/** How content goes: DATA, one BDAT of known size, BDAT by BDAT as the source gives it, or in pieces of `chunkOctets`. */
export type Carriage = 'data' | 'bdat' | 'bdat-series' | 'bdat-pieces'

/** One mail transaction, MAIL to final reply (RFC 5321 3.3): a message, and those of its recipients that are served together. */
export class Transaction {
  readonly job: Job
  /** Indexes into the addressees of the job. */
  indexes: readonly number[]
  /** Times it was begun on a session. */
  attempts = 0
  stage: Stage = 'waiting'
  /** Its commands are on the wire as one group. */
  grouped = false
  /** Its group went out behind the content of another. */
  rides = false
  /** What stands in front of MAIL in its group. */
  loginAhead = false
  /** RSET is to stand there although no transaction is open. */
  resetFirst = false
  resetAhead = false
  carriage: Carriage = 'data'
  /** The form its content goes in on this session. */
  rendition: Rendition
  /** DATA stands in the group behind the recipients. */
  dataAhead = false
  mail: Command = NOTHING
  rcpts: readonly Command[] = []
  /** Replies still to come to BDAT commands before the last. */
  chunks = 0
  /** Those whose RCPT was accepted. */
  accepted: number[] = []
  /** Recipients for whom there was no room here, and who get nothing unless the required ones of this transaction do. */
  heldBack: readonly number[]

  constructor(job: Job, indexes: readonly number[], attempts = 0, heldBack: readonly number[] = NOBODY) {
    this.job = job
    this.indexes = indexes
    this.attempts = attempts
    this.rendition = job.rendition
    this.heldBack = heldBack
  }

  /**
   * Writes down the commands for this session, and refuses what the server cannot do.
   * @throws {SettingsError} before anything is sent
   */
  plan(session: Session): void {
    const { job } = this
    const { envelope } = job
    const { extensions } = session
    this.rendition = renditionFor(job, session)
    const { content } = this.rendition
    const utf8 = needsUtf8(job, this.rendition, session)
    const body = bodyType(job, this.rendition, session)
    this.carriage = carriage(this.rendition, session)
    const parameters = mailParameters(envelope, extensions, {
      sizeOctets: envelope.sizeOctets ?? this.rendition.wireOctets ?? content.sizeOctets,
      body,
      utf8,
      verified: session.tls?.verified === true,
      authenticated: session.login !== undefined,
    })
    const verb = envelope.verb ?? 'MAIL'
    if (!/^(?:MAIL|SEND|SOML|SAML)$/.test(verb)) {
      throw new SettingsError('envelope.verb', 'envelope.verb', 'must be MAIL, SEND, SOML or SAML', {
        hint: 'Leave it out for mail.',
      })
    }
    this.mail = command('mail', `${verb} FROM:<${job.reversePath.wire}>${parameters}`)
    this.rcpts = this.indexes.map((index) => {
      const { recipient, path, field } = job.addressees[index]!
      return command('rcpt', `RCPT TO:<${path.wire}>${rcptParameters(recipient, path.wire, field, extensions)}`)
    })
    this.accepted = []
    this.chunks = 0
  }

  /** No content may go before the replies to all recipients: one of several is required. */
  get gated(): boolean {
    const { job, indexes } = this
    return job.demanding && indexes.length > 1 && indexes.some((index) => job.requires(index))
  }

  /** Leaves recipients to another transaction, which is given back. */
  split(indexes: readonly number[]): Transaction {
    const others = new Set(indexes)
    this.indexes = this.indexes.filter((index) => !others.has(index))
    return new Transaction(this.job, indexes)
  }

  /** Recipients of it that are not decided yet. */
  undecided(): number[] {
    const indexes = this.heldBack.length === 0 ? this.indexes : [...this.indexes, ...this.heldBack]
    return indexes.filter((index) => !this.job.decided(index))
  }

  /** The connection ended under it: `unknown` only if the last octet of content was out. */
  lost(error: PosthornError): void {
    const outcome = this.stage === 'sent' ? 'unknown' : 'notSent'
    this.stage = 'done'
    for (const index of this.heldBack) this.job.fault([index], 'notSent', error) // they were never part of it
    const rest = this.undecided()
    if (rest.length > 0) this.job.fault(rest, outcome, error)
  }
}

const NOTHING = command('mail', '')
const NOBODY: readonly number[] = []

/** The content in the form this server takes, as near to what was given as can be. */
function renditionFor(job: Job, session: Session): Rendition {
  const { rendition, envelope } = job
  const { extensions, options } = session
  if (envelope.asIs && takesBdat(session)) return job.untouched
  if (!rendition.content.recode) return rendition
  const offered =
    takesBdat(session) && extensions.has('BINARYMIME') ? 'binary' : extensions.eightBitMime ? '8bit' : '7bit'
  const limit = envelope.bodyType === undefined ? offered : narrower(offered, envelope.bodyType)
  const widest = recoding(rendition.content, rendition.encoding, limit, envelope.bodyType ?? options.transferEncoding)
  return widest === undefined ? rendition : job.recoded(widest)
}

function bodyType(job: Job, rendition: Rendition, session: Session): ContentEncoding | undefined {
  const { envelope } = job
  const { extensions } = session
  const needs = rendition.encoding
  if (envelope.bodyType === '7bit' && needs === '8bit') throw notSevenBit()
  const body = rendition.binary ? 'binary' : (envelope.bodyType ?? needs)
  if (body === 'binary') {
    if (extensions.has('BINARYMIME') && takesBdat(session)) return 'binary'
    throw new SettingsError(
      'extension.missing',
      'content',
      'is binary, and the server does not offer BINARYMIME with CHUNKING (RFC 3030)',
      {
        hint: 'Encode the content as base64 or quoted-printable.',
      },
    )
  }
  if (body === '8bit') {
    if (extensions.eightBitMime) return '8bit'
    throw eightBit()
  }
  // not looked at, or with lines that 7BIT does not have: what a server with 8BITMIME takes covers both
  const isVague = rendition.asIs && !(rendition.examined?.whole ?? rendition.content.canonical)
  if (isVague && envelope.bodyType === undefined) return extensions.eightBitMime ? '8bit' : body
  return body ?? (extensions.eightBitMime ? '8bit' : undefined)
}

function notSevenBit(): SettingsError {
  return new SettingsError('content.eight-bit', 'content', "has octets above 127, and bodyType says '7bit'", {
    hint: 'Leave bodyType out.',
  })
}

/** 8-bit content for a server without 8BITMIME (RFC 6152). */
export function eightBit(): SettingsError {
  return new SettingsError(
    'content.eight-bit',
    'content',
    'has octets above 127, and the server does not offer 8BITMIME (RFC 6152)',
    {
      hint: 'Encode it as quoted-printable or base64, or let Posthorn do it: give the content as rawContent() of @posthorn/mime.',
    },
  )
}

function needsUtf8(job: Job, { content, examined }: Rendition, session: Session): boolean {
  const header = job.envelope.smtpUtf8 !== false && (examined?.utf8Header ?? content.utf8Header) === true
  const offered = session.extensions.has('SMTPUTF8')
  if (!job.utf8 && !header) return offered && typeof job.envelope.smtpUtf8 === 'object'
  if (offered) return true
  throw new SettingsError(
    'extension.missing',
    header && !job.utf8 ? 'content' : utf8Path(job),
    'needs SMTPUTF8, and the server does not offer it (RFC 6531)',
    {
      hint: 'Use addresses with an ASCII local part and encoded header fields, or a server that offers SMTPUTF8.',
    },
  )
}

/** The first path that is to blame. */
function utf8Path({ reversePath, addressees }: Job): string {
  if (reversePath.utf8) return 'envelope.reversePath'
  return addressees.find(({ path }) => path.utf8)?.field ?? 'envelope'
}

function carriage({ wireOctets }: Rendition, session: Session): Carriage {
  const { chunkOctets } = session.options
  if (!takesBdat(session)) return 'data'
  if (chunkOctets !== undefined && !(wireOctets !== undefined && wireOctets <= chunkOctets)) return 'bdat-pieces'
  return wireOctets === undefined ? 'bdat-series' : 'bdat'
}

function takesBdat({ extensions, options }: Session): boolean {
  return extensions.chunking && options.chunking !== 'off'
}
