import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { rawMessage, SettingsError, type RawMessage, type RawSource } from 'posthorn'
import { mailboxes, reversePathOf, type DraftFlags } from './draft-flags.js'
import { unreadable } from './read-file.js'
import { usageError } from './usage-error.js'

/** The flags of `send` for a message that is ready. */
export interface RawFlags extends DraftFlags {
  readonly raw?: string
  readonly readRecipients?: boolean
  readonly keepBcc?: boolean
}

/**
 * A message that is ready, from a file or from standard input. It is sent as it is but for Bcc, which is taken out unless it is to be kept; with
 * `--read-recipients` its To, Cc and Bcc fields name recipients, too. What came from a pipe is in a temporary file until it is released.
 * @throws {SettingsError} `usage.flag`, `address.*`, `content.*`
 */
export async function rawFromFlags(flags: RawFlags, stdin: NodeJS.ReadStream): Promise<RawMessage> {
  const path = flags.raw!
  const readRecipients = flags.readRecipients === true
  const given = [...mailboxes(flags.to, '--to'), ...mailboxes(flags.cc, '--cc'), ...mailboxes(flags.bcc, '--bcc')]
  if (given.length === 0 && !readRecipients) throw noRecipients()
  if (flags.from === undefined && !readRecipients) throw noSender()
  const envelope = {
    recipients: given.map(({ address }) => address),
    ...(flags.from === undefined ? {} : { reversePath: reversePathOf(flags.from) }),
  }
  try {
    const source = await sourceOf(path, stdin)
    return await rawMessage(source, { envelope, readRecipients, keepBcc: flags.keepBcc === true })
  } catch (error) {
    if (!(error instanceof SettingsError)) throw unreadable('--raw', path, error)
    if (error.code === 'envelope.recipients') throw noRecipients()
    if (error.code === 'envelope.reverse-path') throw noSender()
    if (error.code === 'content.unreadable' || error.code === 'content.source-failed')
      throw unreadable('--raw', path, error.cause)
    throw error
  }
}

/** What is no regular file, such as a named pipe, can be read once. */
async function sourceOf(path: string, stdin: NodeJS.ReadStream): Promise<RawSource> {
  if (path === '-') return stdin as AsyncIterable<Buffer>
  return (await stat(path)).isFile() ? { path } : (createReadStream(path) as AsyncIterable<Buffer>)
}

function noRecipients(): SettingsError {
  const hint = 'Give recipients with --to, or take them from the message with --read-recipients.'
  return usageError('--to', 'is missing', hint)
}

function noSender(): SettingsError {
  const hint = "Say who sends: --from me@example.com, or --from '' for the null reverse-path."
  return usageError('--from', 'is missing', hint)
}
