import { dateTime } from '../header/date-field.js'
import type { Message } from '../message.js'
import { randomFromBlock, randomHex } from '../random-block.js'
import { headerFields, withoutFields, type HeaderField } from './header-section.js'
import { readRaw, type RawContent, type RawContentOptions } from './raw-content.js'
import { readEnvelope, type RawEnvelope, type ReadEnvelope } from './raw-envelope.js'
import type { RawSource } from './raw-source.js'

/** How a message that is ready is taken over. */
export interface RawMessageOptions extends RawContentOptions {
  readonly envelope?: RawEnvelope | undefined
  /**
   * True: the mailboxes in To, Cc and Bcc are recipients, besides those given (`sendmail -t`). If the message was sent on, which any
   * Resent- field tells, Resent-To, Resent-Cc and Resent-Bcc of the last time take their place.
   */
  readonly readRecipients?: boolean | undefined
  /** True: Bcc and Resent-Bcc stay in what is sent, for everybody to see. Default: they are taken out, whatever names the recipients. */
  readonly keepBcc?: boolean | undefined
  /** True: a missing Date or Message-ID is added (RFC 6409 8). Default: nothing is. */
  readonly complete?: boolean | undefined
  /** The clock, for a Date that is missing. */
  readonly now?: (() => Date) | undefined
}

/** A message that is ready. `content.release` behind its last send frees the temporary file that a stream makes necessary. */
export interface RawMessage extends Message {
  readonly content: RawContent
}

/**
 * A message that is ready, as it is to be sent (RFC 5322, MIME). It is parsed only as far as sending needs: its header section, which
 * must not be longer than 1 MiB, for the envelope, the Message-ID and the Date. The first line of a mailbox file ("From ") is left out.
 * Without recipients or a sender it fails before the body is read.
 * ```ts
 * const message = await rawMessage(process.stdin, { readRecipients: true })
 * ```
 * @throws {SettingsError} `envelope.recipients`, `envelope.reverse-path`, `address.*`, and as `rawContent`
 */
export async function rawMessage(source: RawSource, options: RawMessageOptions = {}): Promise<RawMessage> {
  const { envelope: given = {}, readRecipients = false, now = () => new Date() } = options
  let envelope: ReadEnvelope | undefined
  let fields: readonly HeaderField[] = []
  let sent = ''
  const content = await readRaw(source, options, (whole) => {
    const header = withoutPostmark(whole)
    const all = headerFields(header)
    envelope = readEnvelope(given, all, readRecipients)
    const kept = options.keepBcc
      ? header
      : withoutFields(header, all, ({ key }) => key === 'bcc' || key === 'resent-bcc')
    sent = options.complete ? missingFields(all, now, envelope.domain) : ''
    const edited = sent === '' ? kept : Buffer.concat([Buffer.from(sent, 'latin1'), kept])
    fields = edited === header ? all : headerFields(edited)
    return edited
  })
  const { reversePath, recipients, utf8 } = envelope!
  return {
    envelope: { reversePath, recipients, ...(utf8 || content.utf8Header ? { smtpUtf8: true } : {}) },
    content,
    messageId: /<[^<>\s]+>/.exec(valueOf(fields, 'message-id') ?? '')?.[0] ?? '',
    date: dateOf(fields) ?? now(),
    headers: fields.filter(({ name }) => name !== '').map(({ name, value }) => ({ name, value })),
  }
}

/** Without the line that a mailbox file puts in front of each message (RFC 4155); "From :" would be a field. */
function withoutPostmark(header: Buffer): Buffer {
  const line = header.subarray(0, header.indexOf('\r\n') + 2)
  return /^>?From +[^:\s]/.test(line.toString('latin1')) ? header.subarray(line.length) : header
}

function missingFields(fields: readonly HeaderField[], now: () => Date, domain = 'localhost'): string {
  const date = valueOf(fields, 'date') === undefined ? `Date: ${dateTime(now(), 'now')}\r\n` : ''
  if (valueOf(fields, 'message-id') !== undefined) return date
  return `${date}Message-ID: <${randomHex(randomFromBlock, 16)}@${domain}>\r\n`
}

function dateOf(fields: readonly HeaderField[]): Date | undefined {
  const date = new Date(valueOf(fields, 'date') ?? NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function valueOf(fields: readonly HeaderField[], key: string): string | undefined {
  return fields.find((field) => field.key === key)?.value
}
