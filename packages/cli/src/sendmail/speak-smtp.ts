import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { isSendFailure, Mailer, PosthornError, rawMessage, replyText, type RawMessage } from 'posthorn'
import { SMTPServer } from 'smtp-server'
import type { ChosenWay } from '../chosen-way.js'

/** The largest message taken on standard input. */
const MAX_OCTETS = 104_857_600

/**
 * Speaks SMTP with whoever started us (`sendmail -bs`). A message is answered once the relay has taken it: 250 when every recipient has it, else the
 * relay's refusal. The server itself is one of a library, on a socket in a folder that nobody else can enter.
 */
export async function speakSmtp(
  way: ChosenWay,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-'))
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${folder.replace(/[\\/:]/g, '-')}` : join(folder, 'smtp')
  const mailer = new Mailer(way.profile, way.terms)
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    banner: 'Posthorn hands mail on',
    size: MAX_OCTETS,
    logger: false,
    onData(stream, { envelope }, done) {
      const sender = envelope.mailFrom === false ? '' : envelope.mailFrom.address
      const recipients = envelope.rcptTo.map(({ address }) => address)
      handOn(mailer, stream as AsyncIterable<Buffer>, sender, recipients).then(
        (text) => done(null, text),
        (error: unknown) => done(refusal(error)),
      )
    },
  })
  try {
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject)
      server.listen(path, resolve)
    })
    const socket = createConnection(path)
    input.pipe(socket).pipe(output, { end: false })
    await finished(socket, { readable: true, writable: false })
    return 0
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()))
    await mailer.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function handOn(
  mailer: Mailer,
  content: AsyncIterable<Buffer>,
  reversePath: string,
  recipients: readonly string[],
): Promise<string> {
  let message: RawMessage | undefined
  try {
    message = await rawMessage(content, { envelope: { reversePath, recipients }, complete: true })
    const { messageId } = await mailer.send(message, { recipients: 'all' })
    return `taken over ${messageId ?? ''}`.trim()
  } finally {
    message?.content.release?.()
  }
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
