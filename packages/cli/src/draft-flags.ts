import { stat } from 'node:fs/promises'
import { parseMailbox, readMailboxes, SettingsError, type Attachment, type Mailbox, type MailDraft } from 'posthorn'
import { readAll } from './read-all.js'
import { readText, unreadable } from './read-file.js'
import { usageError } from './usage-error.js'

/** The flags of `send` that describe a message. */
export interface DraftFlags {
  readonly from?: string
  readonly to?: readonly string[]
  readonly cc?: readonly string[]
  readonly bcc?: readonly string[]
  readonly replyTo?: readonly string[]
  readonly subject?: string
  readonly text?: string
  readonly html?: string
  readonly htmlFile?: string
  readonly attach?: readonly string[]
  readonly inline?: readonly string[]
  readonly header?: readonly string[]
}

/** What a draft must say: a profile may say who sends and who gets what is addressed to nobody. */
export interface Needs {
  readonly from: boolean
  readonly recipients: boolean
  /** The profile says which files may be attached and where their names start: the mailer judges them, and nobody before it. Default false. */
  readonly ownFiles?: boolean
}

export const NEEDS_ALL: Needs = { from: true, recipients: true }

/**
 * A draft from flags. Without `--text`, `--html` and `--html-file` the text is read from standard input.
 * @param needs what must be said, because nothing else says it
 * @throws {SettingsError} `usage.flag`, `address.malformed`, `content.unreadable`
 */
export async function draftFromFlags(
  flags: DraftFlags,
  stdin: NodeJS.ReadStream,
  needs: Needs = NEEDS_ALL,
): Promise<MailDraft> {
  if (flags.from === undefined && needs.from)
    throw usageError('--from', 'is missing', 'Say who sends: --from me@example.com.')
  if (flags.html !== undefined && flags.htmlFile !== undefined) {
    throw usageError('--html', 'and --html-file exclude each other', 'Give one of them.')
  }
  const from = flags.from === undefined ? undefined : mailboxes([flags.from], '--from')
  if (from?.length === 0) throw usageError('--from', 'is empty', 'Say who sends: --from me@example.com.')
  const to = mailboxes(flags.to, '--to')
  const cc = mailboxes(flags.cc, '--cc')
  const bcc = mailboxes(flags.bcc, '--bcc')
  if (needs.recipients && to.length + cc.length + bcc.length === 0)
    throw usageError('--to', 'is missing', 'Say who gets it: --to you@example.org.')
  const html = flags.htmlFile === undefined ? flags.html : readText(flags.htmlFile, '--html-file')
  const attachments = [...(await attached(flags.attach ?? [], needs)), ...(await inlined(flags.inline ?? [], needs))]
  const headers = (flags.header ?? []).map(headerField)
  const text = flags.text ?? (html === undefined ? await readAll(stdin, 'the text') : undefined)
  return {
    ...(from === undefined ? {} : { from }),
    to,
    cc,
    bcc,
    replyTo: mailboxes(flags.replyTo, '--reply-to'),
    headers,
    attachments,
    ...(flags.subject === undefined ? {} : { subject: flags.subject }),
    ...(text === undefined ? {} : { text }),
    ...(html === undefined ? {} : { html }),
  }
}

/**
 * The mailboxes of a flag that may be given more than once, each time with one or several, as people type them: `Last, First <a@b>`,
 * semicolons, mailto:.
 * @throws {SettingsError} `address.malformed`
 */
export function mailboxes(values: readonly string[] | undefined, flag: string): Mailbox[] {
  return (values ?? []).flatMap((value) => {
    const typed = readMailboxes(value)
    const [refused] = typed.refused
    if (refused === undefined) return typed.mailboxes
    throw new SettingsError('address.malformed', flag, `${JSON.stringify(refused.text)}: ${refused.reason}`, {
      phase: 'compose',
      hint: 'Write a@example.com or Name <a@example.com>, with commas between several.',
    })
  })
}

/** The mailbox of `--from` for a ready message; `<>` is the null reverse-path. */
export function reversePathOf(value: string): string {
  return value === '' || value === '<>' ? '' : parseMailbox(value, '--from').address
}

async function attached(paths: readonly string[], needs: Needs): Promise<Attachment[]> {
  return Promise.all(paths.map(async (path) => ({ path: await readable(path, '--attach', needs) })))
}

async function inlined(values: readonly string[], needs: Needs): Promise<Attachment[]> {
  return Promise.all(
    values.map(async (value) => {
      const equals = value.indexOf('=')
      if (equals < 1)
        throw usageError('--inline', 'must be cid=FILE', 'Write --inline logo=logo.png and <img src="cid:logo">.')
      return { contentId: value.slice(0, equals), path: await readable(value.slice(equals + 1), '--inline', needs) }
    }),
  )
}

async function readable(path: string, flag: string, { ownFiles }: Needs): Promise<string> {
  if (ownFiles) return path
  const facts = await stat(path).catch((error: unknown) => {
    throw unreadable(flag, path, error)
  })
  if (!facts.isFile()) throw unreadable(flag, path, { code: 'not a file' })
  return path
}

function headerField(line: string): { name: string; value: string } {
  const colon = line.indexOf(':')
  if (colon < 1) throw usageError('--header', "must be 'Name: value'", "Write --header 'X-Tag: weekly'.")
  return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }
}
