import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { parseMailboxList, type Content, type ReadyMessage } from 'posthorn'
import { mailboxes, reversePathOf, type DraftFlags } from './draft-flags.js'
import { headerFields, readHeader, type HeaderField } from './header-section.js'
import { unreadable } from './server-flags.js'
import { usageError } from './usage-error.js'

/** The flags of `send` for a message that is ready. */
export interface RawFlags extends DraftFlags {
  readonly raw?: string
  readonly readRecipients?: boolean
}

/**
 * A message that is ready, from a file or from standard input. It is sent as it is; with `--read-recipients` its To, Cc and Bcc fields
 * name recipients, too, and Bcc is taken out of what is sent.
 * @throws {SettingsError} `usage.flag`, `address.malformed`, `content.unreadable`
 */
export async function rawMessage(flags: RawFlags, stdin: NodeJS.ReadStream): Promise<ReadyMessage> {
  const path = flags.raw!
  const reading = (path === '-' ? (stdin as AsyncIterable<Buffer>) : createReadStream(path))[Symbol.asyncIterator]()
  const { header, rest } = await readHeader(reading).catch((error: unknown) => {
    throw isSystemError(error) ? unreadable('--raw', path, error) : error
  })
  if (path !== '-') await reading.return?.(undefined)
  const fields = headerFields(header)
  const recipients = [...mailboxes(flags.to, '--to'), ...mailboxes(flags.cc, '--cc'), ...mailboxes(flags.bcc, '--bcc')]
  if (flags.readRecipients) for (const field of fields) recipients.push(...namedIn(field))
  if (recipients.length === 0) {
    const hint = 'Give recipients with --to, or take them from the message with --read-recipients.'
    throw usageError('--to', 'is missing', hint)
  }
  const sent = flags.readRecipients ? withoutBcc(header, fields) : header
  const messageId = fields.find(({ name }) => name === 'message-id')?.value
  return {
    envelope: {
      reversePath: reversePathFrom(flags, fields),
      recipients: [...new Set(recipients.map(({ address }) => address))],
    },
    content: path === '-' ? once(sent, rest, reading) : await fromFile(path, header, sent),
    ...(messageId === undefined ? {} : { messageId }),
  }
}

function reversePathFrom({ from, readRecipients }: RawFlags, fields: readonly HeaderField[]): string {
  if (from !== undefined) return reversePathOf(from)
  const field = fields.find(({ name }) => name === 'sender') ?? fields.find(({ name }) => name === 'from')
  const author = readRecipients && field ? parseMailboxList(field.value, `the ${field.name} field`)[0] : undefined
  if (author) return author.address
  throw usageError(
    '--from',
    'is missing',
    "Say who sends: --from me@example.com, or --from '' for the null reverse-path.",
  )
}

/** The mailboxes of To, Cc and Bcc. An empty group such as `undisclosed-recipients:;` names nobody. */
function namedIn({ name, value }: HeaderField): ReturnType<typeof parseMailboxList> {
  if (!['to', 'cc', 'bcc'].includes(name) || value === '' || /^[^"<>@:;]*:\s*;$/.test(value)) return []
  return parseMailboxList(value, `the ${name} field`)
}

function withoutBcc(header: Buffer, fields: readonly HeaderField[]): Buffer {
  const end = header.toString('latin1').slice(fields.reduce((sum, { lines }) => sum + lines.length, 0))
  const kept = fields.filter(({ name }) => name !== 'bcc').map(({ lines }) => lines)
  return Buffer.from(kept.join('') + end, 'latin1')
}

/** The file again from its start, with the header section as it is to be sent. */
async function fromFile(path: string, header: Buffer, sent: Buffer): Promise<Content> {
  const { size } = await stat(path)
  return {
    sizeOctets: size - header.length + sent.length,
    async *open() {
      yield sent
      yield* createReadStream(path, { start: header.length, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>
    },
  }
}

async function* once(sent: Buffer, rest: Buffer, reading: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (sent.length > 0) yield sent
  if (rest.length > 0) yield rest
  for (let next = await reading.next(); !next.done; next = await reading.next()) yield next.value
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
