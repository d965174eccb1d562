import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import {
  isSendFailure,
  Mailer,
  PosthornError,
  replyText,
  SettingsError,
  type RawMessage,
  type Recipient,
} from 'posthorn'
import { SMTPServer, type SMTPServerAddress, type SMTPServerEnvelope } from 'smtp-server'
import type { ChosenWay } from '../chosen-way.js'
import { reportFailure } from '../report.js'
import { EXIT } from '../sysexits.js'
import { localMessage } from './local-message.js'
import { readMessageInput } from './message-input.js'
import { StandardInput } from './standard-input.js'
import { StandardStreams } from './standard-streams.js'

/** The largest message taken on standard input. */
const MAX_OCTETS = 104_857_600

/**
 * Speaks SMTP with whoever started us (`sendmail -bs`). A message is answered once the relay has taken it: 250 when every recipient has it, else
 * nobody has, and the reply is the relay's refusal. A message that breaks off is not sent. The server itself is one of a library, on
 * standard input and output: nothing listens.
 */
export async function speakSmtp(way: ChosenWay, input: Readable, output: Writable): Promise<number> {
  await using mailer = new Mailer(way.profile, way.terms)
  const streams = new StandardStreams(input, output)
  let handing = Promise.resolve()
  let content: (Readable & { readonly writableEnded: boolean }) | undefined
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    hideDSN: false,
    banner: 'Posthorn hands mail on',
    size: MAX_OCTETS,
    logger: false,
    onData(stream, { envelope }, done) {
      content = stream
      handing = handOn(mailer, stream, envelope, way).then(
        (text) => done(null, text),
        (error: unknown) => done(refusal(error)),
      )
    },
  })
  server.on('error', () => streams.destroy()) // the caller is gone; a message that was whole is sent all the same
  server.connect(streams as unknown as Socket, {})
  await streams.answered
  const isBroken = content !== undefined && !content.writableEnded
  await streams.close()
  await handing
  return isBroken ? reportFailure(brokenOff(), {}) : EXIT.ok
}

async function handOn(
  mailer: Mailer,
  stream: Readable,
  { mailFrom, rcptTo, dsn }: SMTPServerEnvelope,
  { profile }: ChosenWay,
): Promise<string> {
  const input = new StandardInput(stream)
  let message: RawMessage | undefined
  try {
    const sender = mailFrom === false ? '' : mailFrom.address
    const recipients = rcptTo.map(({ address }) => address)
    message = await localMessage(await readMessageInput(input.chunks(), true), { recipients, sender }, profile)
    const told = { ...message.envelope, recipients: message.envelope.recipients.map((each) => notified(each, rcptTo)) }
    const { messageId } = await mailer.send(
      { ...message, envelope: told },
      {
        recipients: 'all',
        envelope: {
          ...(dsn?.ret ? { ret: { prefer: dsn.ret === 'FULL' ? 'full' : 'headers' } } : {}),
          ...(dsn?.envid ? { envelopeId: { prefer: dsn.envid } } : {}),
        },
      },
    )
    return `taken over ${messageId ?? ''}`.trim()
  } finally {
    await input.end()
    message?.content.release?.()
  }
}

const EVENTS = ['never', 'success', 'failure', 'delay'] as const

/** A recipient with what the caller asked of status notifications to it. */
function notified(address: string, asked: readonly SMTPServerAddress[]): Recipient {
  const dsn = asked.find((each) => each.address.toLowerCase() === address.toLowerCase())?.dsn
  const notify = EVENTS.filter((event) => dsn?.notify?.includes(event.toUpperCase()))
  const original = /^([^;]+);(.+)$/.exec(dsn?.orcpt ?? '')
  return {
    address,
    ...(notify.length === 0 ? {} : { notify: { prefer: notify } }),
    ...(original ? { originalRecipient: { prefer: { type: original[1]!, address: original[2]! } } } : {}),
  }
}

function brokenOff(): SettingsError {
  return new SettingsError('content.source-failed', 'message', 'broke off before its last line, and was not sent', {
    hint: 'End every line with CRLF, and the message with a line that is a single dot.',
  })
}

/** The reply for what went wrong: that of the relay, or by whether trying again helps. Not when a second copy could come of it. */
function refusal(error: unknown): Error {
  const reply = error instanceof PosthornError ? error.reply : undefined
  const refused = isSendFailure(error)
    ? error.receipt.deliveries.find(({ outcome }) => outcome === 'refused')?.reply
    : undefined
  const told = refused ?? reply
  const again = error instanceof PosthornError && error.outcome === 'transient'
  const text = told
    ? replyText(told)
    : error instanceof PosthornError
      ? `${error.message} [${error.code}]`
      : 'unexpected'
  const responseCode = told && told.code >= 400 ? told.code : again ? 451 : 554
  return Object.assign(new Error(text.replace(/^\d{3}[ -]/, '').replace(/[\r\n]+/g, ' ')), { responseCode })
}
