import { hostname, userInfo } from 'node:os'
import { rawMessage, type Profile, type RawMessage } from 'posthorn'
import { mailboxes } from '../draft-flags.js'
import { asciiHeader, encodedWords } from './ascii-header.js'
import type { MessageInput } from './message-input.js'
import { qualifiedHeader, qualifiedList, type LocalNames } from './qualified-header.js'

/** What is said about a message besides the message. */
export interface LocalMessageTerms {
  /** Names and mailboxes as a caller writes them. */
  readonly recipients: readonly string[]
  /** True: To, Cc and Bcc name recipients, too. */
  readonly readRecipients?: boolean
  /** The reverse-path; undefined: that of the profile, else the author. */
  readonly sender?: string | undefined
  /** The name of the author, when the message has no From field. */
  readonly fullName?: string | undefined
}

/**
 * A message that was written on this machine as one that can go out: with a domain behind every name, texts of the header in ASCII, From, Date
 * and Message-ID, and without Bcc.
 * @throws {SettingsError} `envelope.recipients`, `address.malformed`, `content.*`
 */
export function localMessage(
  { header, body }: MessageInput,
  { recipients, readRecipients = false, sender, fullName }: LocalMessageTerms,
  profile: Profile,
): Promise<RawMessage> {
  const names = localNames(profile)
  const qualified = asciiHeader(qualifiedHeader(header, names))
  const author = names.author ?? `${localUser()}@${names.domain}`
  const from = /^from[ \t]*:/im.test(qualified) ? '' : fromField(author, fullName ?? profile.sender?.name)
  const reversePath = reversePathOf(sender, names, profile)
  return rawMessage(withHeader(from + qualified, body), {
    envelope: {
      recipients: recipients.flatMap((each) => addressesOf(each, names, names.recipient)),
      ...(reversePath === undefined ? {} : { reversePath }),
    },
    readRecipients,
    complete: true,
  })
}

/** What names on this machine are called elsewhere. */
export function localNames({ sender = {}, identity }: Profile): LocalNames {
  const { from, defaultRecipient } = sender
  return {
    domain: from?.slice(from.lastIndexOf('@') + 1) ?? identity?.localName ?? hostDomain(),
    ...(from === undefined ? {} : { author: from }),
    ...(defaultRecipient === undefined ? {} : { recipient: defaultRecipient }),
  }
}

/** -f as it is when it has a domain; a name of this machine is what the profile says. Undefined: the author of the message sends it. */
function reversePathOf(given: string | undefined, names: LocalNames, { sender }: Profile): string | undefined {
  if (given === undefined) return sender?.returnPath ?? names.author
  if (given === '') return ''
  const [address] = addressesOf(given, names, names.author)
  return address ?? ''
}

function addressesOf(text: string, names: LocalNames, instead: string | undefined): string[] {
  return mailboxes([qualifiedList(text, names, instead)], 'address').map(({ address }) => address)
}

/** A name of this machine that can stand behind "@". */
function hostDomain(): string {
  const name = hostname()
  return /^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i.test(name) ? name : 'localhost'
}

/** Who calls; a container often runs as a number that has no name. */
function localUser(): string {
  try {
    return userInfo().username
  } catch {
    return `user-${process.getuid?.() ?? 0}`
  }
}

/** A From field for a message without one; what is not ASCII goes in encoded-words. */
function fromField(address: string, name: string | undefined): string {
  const clean =
    name
      ?.replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 200) ?? ''
  if (clean === '') return `From: ${address}\n`
  if (/^[\x20-\x7e]*$/.test(clean)) return `From: "${clean.replace(/["\\]/g, '\\$&')}" <${address}>\n`
  return `From: ${encodedWords(clean)}\n <${address}>\n`
}

/** Programs write some fields with CRLF and others with LF (PHP does): on this machine both end a line. */
async function* withHeader(header: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${header.replace(/\r*\n/g, '\r\n')}\r\n`, 'latin1')
  yield* body
}
