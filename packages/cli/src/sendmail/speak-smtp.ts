import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { isSendFailure, Mailer, PosthornError, replyText, SettingsError, type RawMessage } from 'posthorn'
import { SMTPServer, type SMTPServerAddress, type SMTPServerEnvelope } from 'smtp-server'
import type { ChosenWay } from '../chosen-way.js'
import { reportFailure } from '../report.js'
import { EXIT } from '../sysexits.js'
import { localMessage } from './local-message.js'
import { readMessageInput } from './message-input.js'
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
  let open: Readable | undefined
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    hideDSN: false,
    banner: 'Posthorn hands mail on',
    size: MAX_OCTETS,
    logger: false,
    onData(content, { envelope }, done) {
      open = content
      content.once('end', () => (open = undefined))
      handOn(mailer, content as AsyncIterable<Buffer>, envelope, way).then(
        (text) => done(null, text),
        (error: unknown) => done(refusal(error)),
      )
    },
  })
  server.on('error', () => streams.destroy()) // the caller is gone; a message that was whole is sent all the same
  server.connect(streams as unknown as Socket, {})
  await streams.answered
  const broken = open !== undefined
  await new Promise<void>((resolve) => (streams.destroyed ? resolve() : streams.end(resolve)))
  streams.destroy()
  return broken ? reportFailure(brokenOff(), {}) : EXIT.ok
}

async function handOn(
  mailer: Mailer,
  content: AsyncIterable<Buffer>,
  { mailFrom, rcptTo, dsn }: SMTPServerEnvelope,
  { profile }: ChosenWay,
): Promise<string> {
  let message: RawMessage | undefined
  try {
    const sender = mailFrom === false ? '' : mailFrom.address
    const recipients = rcptTo.map(({ address }) => address)
    message = await localMessage(await readMessageInput(content, true), { recipients, sender }, profile)
    const notified = { ...message, envelope: { ...message.envelope, recipients: rcptTo.map(recipientOf(message)) } }
    const { messageId } = await mailer.send(notified, {
      recipients: 'all',
      envelope: {
        ...(dsn?.ret ? { ret: { prefer: dsn.ret === 'FULL' ? 'full' : 'headers' } } : {}),
        ...(dsn?.envid ? { envelopeId: { prefer: dsn.envid } } : {}),
      },
    })
    return `taken over ${messageId ?? ''}`.trim()
  } finally {
    message?.content.release()
  }
}
