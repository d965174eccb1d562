import { replyText, type PosthornError } from '@posthorn/ground'
import type { Receipt } from '@posthorn/smtp'
import type { EventQueue } from './event-queue.js'
import { failureOf } from './failure.js'
import { IPWorksError } from './ipworks-error.js'
import type { Link } from './link.js'
import type { BodyStream } from './message/body-stream.js'
import { outgoingMessage, type OutgoingMessage } from './message/outgoing-message.js'
import type { TransferTeller } from './message/transfer-teller.js'
import { errorText } from './table/errors.js'
import type { ComponentEvents } from './table/events.js'
import type { ComponentValues } from './values.js'

/** What opens the transaction. */
export type Verb = 'MAIL' | 'SEND' | 'SOML' | 'SAML'

/** The verb of each method that does not say MAIL (RFC 821 3.4). */
export const VERBS: Readonly<Record<string, Verb>> = {
  SendToTerminalOnly: 'SEND',
  SendToTerminalOrEmail: 'SOML',
  SendToTerminalAndEmail: 'SAML',
}

/** What a message and its transaction are made of. */
export interface Transacting {
  readonly values: ComponentValues
  readonly events: EventQueue<ComponentEvents>
  readonly link: Link
  readonly verb: Verb
  readonly stream: BodyStream | undefined
  /** Ends the reading of the stream. */
  readonly signal: AbortSignal | undefined
}

/**
 * A message whose transaction has begun. It is given at once, beside the promise of what becomes of it: an async function that gave both would
 * cost each message one more promise, which the benchmark of the component shows.
 */
export interface Transacted {
  readonly message: OutgoingMessage
  /** To be awaited at once, and given to `tellRefused`. Rejects with a PosthornError when nobody got it. */
  readonly receipt: Promise<Receipt>
}

/**
 * Sends the message that the values describe; what becomes of it is for `tellRefused`.
 * @throws {IPWorksError} for a message that cannot be made or sent so
 */
export function transact({ values, events, link, verb, stream, signal }: Transacting): Transacted {
  const message = outgoingMessage(values, { stream, signal, verb, localName: link.localName })
  for (const note of message.notes) link.note(note)
  const { rcptMax = Infinity } = link.session.extensions.limits
  if (stream && message.envelope.recipients.length > rcptMax) {
    const problem = `the server takes ${rcptMax} recipients in one transaction, and a stream goes once only`
    throw new IPWorksError(211, `${errorText(211)}: ${problem}; send to fewer at a time, or set message`)
  }
  const submission = { envelope: message.envelope, content: message.content(tellerOf(events)) }
  return { message, receipt: submit(link, values, submission) }
}

/** One message on the connection, by the settings for RSET. @throws {PosthornError} */
export function submit(
  link: Link,
  values: ComponentValues,
  submission: Parameters<Link['session']['send']>[0],
): Promise<Receipt> {
  const { session } = link
  const resets = values.config('SendRSET')
  noteLackOfDsn(link, submission)
  const isFurther = link.carried++ > 0 // counted also when none is sent: the setting may change in between
  const terms = { reset: resets && isFurther, resetAfterFailure: resets, deadlineMs: Infinity }
  return session.send(submission, terms).then(
    (receipt) => {
      link.heard(receipt.deliveries.findLast(({ outcome }) => outcome === 'delivered')?.reply)
      return receipt
    },
    async (error: PosthornError) => {
      await session.settled() // RSET is on its way, and what it is answered is not what the caller asks `LastReply` for
      link.heard(error.reply)
      throw error
    },
  )
}

/**
 * The event Error for each recipient that was refused. [ipworks.event.Error]
 * @throws {IPWorksError} when the connection did not last for all: some have the message, and these have not
 */
export function tellRefused({ deliveries }: Receipt, link: Link, events: EventQueue<ComponentEvents>): void {
  const missed: string[] = []
  for (const { recipient, outcome, reply } of deliveries) {
    if (outcome === 'delivered') continue
    if (outcome === 'refused' && reply)
      events.fire('Error', { errorCode: 161, description: `161: ${recipient} was refused: ${replyText(reply)}` })
    else missed.push(outcome === 'unknown' ? `${recipient} (nobody knows)` : recipient)
  }
  if (missed.length === 0) return
  const why = failureOf(link.session.failure, { inTransaction: true })
  const named = missed.slice(0, MAX_NAMED).join(', ') + (missed.length > MAX_NAMED ? ', ...' : '')
  const count = `${missed.length} of ${deliveries.length} recipients`
  throw new IPWorksError(why.code, `${why.message}. ${count} did not get the message: ${named}`, {
    reason: why.reason,
    reply: why.reply,
    cause: why,
  })
}

const MAX_NAMED = 10
const DSN = /^(?:NOTIFY|ORCPT)=/i

function noteLackOfDsn(link: Link, { envelope }: Parameters<typeof submit>[2]): void {
  for (const recipient of envelope.recipients) {
    if (typeof recipient === 'string' || !recipient.parameters?.some(({ text }) => DSN.test(text))) continue
    if (link.session.extensions.has('DSN')) return
    link.note(`the server offers no DSN: the options of ${recipient.address} were left out`)
  }
}

/** Undefined when nobody listens: then the body goes the quickest way. */
function tellerOf(events: EventQueue<ComponentEvents>): TransferTeller | undefined {
  if (!events.has('StartTransfer') && !events.has('Transfer') && !events.has('EndTransfer')) return undefined
  // a message that goes in several transactions, since the server takes so many recipients and no more, is told once
  let told = false
  return {
    start: () => {
      if (told) return undefined
      events.fire('StartTransfer', { direction: 0 })
      return events.settled()
    },
    step: (text, bytesTransferred, percentDone) => {
      if (told) return undefined
      events.fire('Transfer', { direction: 0, bytesTransferred, percentDone, text })
      return events.settled()
    },
    end: () => {
      if (told) return undefined
      told = true
      events.fire('EndTransfer', { direction: 0 })
      return events.settled()
    },
  }
}
