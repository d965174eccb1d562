import { dirname, resolve } from 'node:path'
import { draftFromJson, type MailDraft } from 'posthorn'
import { draftFromFlags, NEEDS_ALL, type DraftFlags, type Needs } from './draft-flags.js'
import { readAll } from './read-all.js'
import { readText } from './read-file.js'
import { usageError } from './usage-error.js'

/** The flags that describe a message, or name a file that does. */
export interface DraftSource extends DraftFlags {
  readonly draft?: string
}

const WITH_DRAFT = [
  'from',
  'to',
  'cc',
  'bcc',
  'replyTo',
  'subject',
  'text',
  'html',
  'htmlFile',
  'attach',
  'inline',
  'header',
] as const

/**
 * The draft in the JSON file of `--draft` (`-` is standard input), or the one that the other flags describe.
 * @param needs what must be said, because nothing else says it
 * @throws {SettingsError} `usage.flag`, `draft.json`, `address.malformed`, `content.unreadable`
 */
export async function draftFrom(
  flags: DraftSource,
  stdin: NodeJS.ReadStream,
  needs: Needs = NEEDS_ALL,
): Promise<MailDraft> {
  if (flags.draft === undefined) return draftFromFlags(flags, stdin, needs)
  const both = WITH_DRAFT.find((name) => flags[name] !== undefined)
  if (both !== undefined) {
    const flag = `--${both.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    throw usageError(flag, 'and --draft exclude each other', 'Write it into the JSON file.')
  }
  if (flags.draft === '-') return draftFromJson(await readAll(stdin, 'a JSON draft'), process.cwd())
  return draftFromJson(readText(flags.draft, '--draft'), dirname(resolve(flags.draft)))
}
