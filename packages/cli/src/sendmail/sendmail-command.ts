import { hostname, userInfo } from 'node:os'
import { Mailer, rawMessage, type RawMessage } from 'posthorn'
import { chosenWay, type ChosenWay } from '../chosen-way.js'
import { mailboxes } from '../draft-flags.js'
import { paintFor } from '../output.js'
import { reportFailure, reportReceipt } from '../report.js'
import { TrailPrinter } from '../trail-printer.js'
import { usageError } from '../usage-error.js'
import { keepUnsent } from './keep-unsent.js'
import { readMessageInput } from './message-input.js'
import { qualifiedHeader, qualifiedList, type LocalNames } from './qualified-header.js'
import { parseSendmailArguments, type SendmailArguments } from './sendmail-arguments.js'

/** `posthorn sendmail`: what programs call as sendmail(8). Gives the exit code, which is that of sysexits.h as they expect it. */
export async function sendmailCommand(args: readonly string[]): Promise<number> {
  let mailer: Mailer | undefined
  let message: RawMessage | undefined
  try {
    const asked = parseSendmailArguments(args)
    const way = await chosenWay({}, process.env)
    if (asked.mode === 'smtp') {
      const { speakSmtp } = await import('./speak-smtp.js')
      return await speakSmtp(way, process.stdin, process.stdout)
    }
    if (asked.recipients.length === 0 && !asked.readRecipients)
      throw usageError('-t', 'or recipients are missing', 'Write sendmail -t, or sendmail you@example.org.')
    message = await messageFrom(process.stdin as AsyncIterable<Buffer>, asked, way)
    mailer = new Mailer(way.profile, way.terms)
    if (asked.verbose) {
      const look = { dialogue: true, progress: false }
      mailer.on('trail', new TrailPrinter(process.stderr, paintFor(process.stderr), look).print)
    }
    const { notify, ret, envelopeId } = asked
    const receipt = await mailer.send(message, {
      envelope: {
        ...(notify === undefined ? {} : { notify: { prefer: notify } }),
        ...(ret === undefined ? {} : { ret: { prefer: ret } }),
        ...(envelopeId === undefined ? {} : { envelopeId: { prefer: envelopeId } }),
      },
    })
    await mailer.close()
    const exitCode = reportReceipt(receipt, { quiet: true })
    if (exitCode !== 0) await keepUnsent(message)
    return exitCode
  } catch (error) {
    await mailer?.close()
    const exitCode = reportFailure(error, {})
    if (message) await keepUnsent(message)
    return exitCode
  } finally {
    message?.content.release?.()
    process.stdin.destroy() // a writer that never ends must not keep us
  }
}

/** What is on standard input as a message that can go out: with a domain behind every name, From, Date and Message-ID. */
async function messageFrom(
  input: AsyncIterable<Buffer>,
  asked: SendmailArguments,
  way: ChosenWay,
): Promise<RawMessage> {
  const names = localNames(way)
  const { header, body } = await readMessageInput(input, asked.ignoreDots)
  const qualified = qualifiedHeader(header, names)
  const author = names.author ?? `${userInfo().username}@${names.domain}`
  const from = /^(?:resent-)?from[ \t]*:/im.test(qualified)
    ? ''
    : fromField(author, asked.fullName ?? process.env['NAME'])
  const recipients = asked.recipients.flatMap((each) =>
    mailboxes([qualifiedList(each, names, names.recipient)], 'recipient'),
  )
  const reversePath = reversePathOf(asked.sender, names, way)
  return rawMessage(withHeader(from + qualified, body), {
    envelope: {
      recipients: recipients.map(({ address }) => address),
      ...(reversePath === undefined ? {} : { reversePath }),
    },
    readRecipients: asked.readRecipients,
    complete: true,
  })
}

/** What names on this machine are called elsewhere. */
export function localNames({ profile }: Pick<ChosenWay, 'profile'>): LocalNames {
  const { from, defaultRecipient } = profile.sender ?? {}
  return {
    domain: from?.slice(from.lastIndexOf('@') + 1) ?? profile.identity?.localName ?? hostname(),
    ...(from === undefined ? {} : { author: from }),
    ...(defaultRecipient === undefined ? {} : { recipient: defaultRecipient }),
  }
}

/** -f as it is when it has a domain; a name of this machine is what the profile says. Undefined: the author is the sender, too. */
function reversePathOf(
  given: string | undefined,
  { domain, author }: LocalNames,
  { profile }: ChosenWay,
): string | undefined {
  if (given === undefined) return profile.sender?.returnPath ?? author
  if (given === '' || given.includes('@')) return given
  return author ?? `${given}@${domain}`
}

/** A From field for a message without one; what is not ASCII goes in encoded-words (RFC 2047) of a few characters each. */
function fromField(address: string, name: string | undefined): string {
  const clean =
    name
      ?.replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 200) ?? ''
  if (clean === '') return `From: ${address}\n`
  if (/^[\x20-\x7e]*$/.test(clean)) return `From: "${clean.replace(/["\\]/g, '\\$&')}" <${address}>\n`
  const words = clean.match(/.{1,10}/gsu) ?? []
  const encoded = words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`)
  return `From: ${encoded.join('\n ')}\n <${address}>\n`
}

async function* withHeader(header: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(header, 'latin1')
  yield* body
}
