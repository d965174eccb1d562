import { SettingsError } from '@posthorn/ground'
import { compose, type ComposeOptions, type Draft } from '@posthorn/mime'
import { admitted, type LeftOut } from './attachments/left-out.js'
import { readyContent } from './attachments/ready-content.js'
import { inTime } from './composing.js'
import { failureEntry, leftOutEntry, receiptEntry } from './logging/message-entry.js'
import { isReady, type Mail, type MailDraft, type ReadyMessage } from './mail.js'
import { isSendFailure, together, type MailReceipt } from './mail-receipt.js'
import { merged, type MailSendOptions } from './mail-send-options.js'
import { recodableSource } from './recodable-source.js'
import { envelopeOf } from './way/envelope-rules.js'
import type { ContentSource } from '@posthorn/smtp'
import { checkRecipients, withinLimit } from './way/limits.js'
import type { MailClient } from './way/mail-client.js'
import type { Way } from './way/way.js'

/** The way of one message. */
export interface OneSend {
  /** What counts for the message from its beginning to its end. */
  readonly way: Way
  /** The client of the moment in which it is asked: another one may have taken the place of the one in `way`, which takes no more. */
  readonly client: () => MailClient
  readonly options: MailSendOptions
  /** Aborted when the mailer is closed at once. */
  readonly closing?: AbortSignal
}

/** As `Mailer.send`. */
export async function sendMail(mail: Mail, send: OneSend): Promise<MailReceipt> {
  const sent = isReady(mail) ? deliver(mail, send) : sendDraft(mail, send)
  const { log, made } = send.way
  if (!log) return sent
  try {
    return await sent
  } catch (error) {
    // one that began to be sent has been written down, with what became of each recipient
    if (!isSendFailure(error)) log.say(failureEntry(error, { profile: made?.profile.name }))
    throw error
  }
}

async function sendDraft(given: MailDraft, send: OneSend): Promise<MailReceipt> {
  const { way, options } = send
  const draft = way.defaults?.onto(given) ?? given
  const composing = merged(way.compose, options.compose)
  // without these there is nothing to wait for, and no clock is needed
  const waits = draft.attachments !== undefined || draft.body !== undefined || composing.smime !== undefined
  if (!waits) return await delivered(await composed(draft, composing, way), draft, send)
  const make = (signal: AbortSignal) => composed(draft, { ...composing, signal }, way)
  const { result, deadlineMs } = await inTime(make, options, way.deadlineMs, send.closing)
  return await delivered(result, draft, { ...send, options: { ...options, deadlineMs } })
}

/** A message, and the files that are not in it. */
interface Composed {
  readonly message: ReadyMessage
  readonly leftOut: readonly LeftOut[]
}

async function composed(draft: MailDraft, options: ComposeOptions, way: Way): Promise<Composed> {
  const { draft: whole, leftOut } =
    way.attachments && draft.attachments !== undefined
      ? await admitted(draft, way.attachments, options.access, options.signal ?? undefined)
      : { draft, leftOut: [] }
  const message = await compose(whole as Draft, options) // composing says that a draft needs an author
  return { message: way.fieldsOnly ? await way.fieldsOnly(message) : message, leftOut }
}

async function delivered({ message, leftOut }: Composed, draft: MailDraft, send: OneSend): Promise<MailReceipt> {
  try {
    const { log, made } = send.way
    if (leftOut.length > 0)
      log?.say(leftOutEntry(leftOut, { messageId: message.messageId, profile: made?.profile.name }))
    const sent = deliver(message, send, draft)
    return await (leftOut.length === 0 ? sent : telling(sent, { leftOut }))
  } finally {
    for (const { content } of [message, ...(message.blindCopies ?? [])]) releaseOf(content)
  }
}

function deliver(message: ReadyMessage, send: OneSend, draft?: MailDraft): Promise<MailReceipt> {
  const { way, options } = send
  const { blindCopies } = message
  if (blindCopies === undefined || blindCopies.length === 0) return sendOne(message, send, draft)
  if (options.recipients === 'all' || way.envelope?.mayStop(options)) {
    return Promise.reject(
      new SettingsError(
        'draft.blind-copies',
        'bcc',
        'makes several messages of an encrypted one, which cannot be all or nothing',
        {
          phase: 'compose',
          hint: "Leave recipients: 'all' out (where delivery.onRefused is stop, say recipients: 'any'), or send it without bcc.",
        },
      ),
    )
  }
  return together([message, ...blindCopies].map((each) => sendOne(each, send, draft)))
}

async function sendOne(
  message: ReadyMessage,
  { way, client, options, closing }: OneSend,
  draft?: MailDraft,
): Promise<MailReceipt> {
  const envelope = way.envelope ? way.envelope.onto(message.envelope, options, draft) : envelopeOf(message, options)
  const given = draft ? message.content : await contentOfReady({ ...message, envelope }, way, options)
  let content = await recodableSource(given, envelope.bodyType)
  let deadlineMs = options.deadlineMs ?? way.deadlineMs
  const { limits } = way
  if (limits) checkRecipients(limits, envelope)
  if (limits?.messageOctets !== undefined) {
    const source = content
    const counted = await inTime(
      (signal) => withinLimit(limits, source, signal),
      { ...options, deadlineMs },
      deadlineMs,
      closing,
    )
    content = counted.result
    deadlineMs = counted.deadlineMs
  }
  const sent = client().send({ envelope, content }, { ...options, deadlineMs })
  const receipt = message.messageId ? telling(sent, { messageId: message.messageId }) : sent
  if (!way.log) return receipt
  return logged(receipt, way, { messageId: message.messageId, reversePath: envelope.reversePath })
}

/** What a file in it may be is said where it is said for drafts. */
function contentOfReady(
  { content, envelope }: ReadyMessage,
  way: Way,
  options: MailSendOptions,
): Promise<ContentSource> {
  const { access } = merged<ComposeOptions>(way.compose, options.compose)
  return readyContent(content, access, way.attachments?.basePath, envelope.bodyType)
}

async function logged(
  sent: Promise<MailReceipt>,
  { log, made }: Way,
  facts: { readonly messageId: string | undefined; readonly reversePath: string },
): Promise<MailReceipt> {
  const message = { ...facts, profile: made?.profile.name }
  try {
    const receipt = await sent
    log?.say(receiptEntry(receipt, message))
    return receipt
  } catch (error) {
    log?.say(failureEntry(error, message))
    throw error
  }
}

/** The receipt with more in it, that of a failure, too: it was made for this send alone. */
async function telling(sent: Promise<MailReceipt>, facts: Partial<MailReceipt>): Promise<MailReceipt> {
  try {
    return { ...(await sent), ...facts }
  } catch (error) {
    if (isSendFailure(error)) Object.assign(error.receipt, facts)
    throw error
  }
}

function releaseOf(content: ReadyMessage['content']): void {
  if (typeof content === 'object' && 'release' in content) content.release?.()
}
