import { SettingsError } from '@posthorn/ground'
import { fieldText } from '../header/field-text.js'
import { mailboxesOf, parseAddressList } from './address.js'
import { withoutQuotes } from './display-name.js'
import { inQuotes } from './local-part.js'
import { parseMailbox, type Mailbox } from './mailbox.js'
import { trimInvisible, trimWhite, typedEntries, type TypedEntry } from './typed-entry.js'

/** What `readMailboxes` made of a text: every entry of it stands in one of the two lists, in its order. */
export interface TypedMailboxes {
  readonly mailboxes: Mailbox[]
  readonly refused: RefusedEntry[]
}

/** An entry that is no mailbox, or not clearly one. */
export interface RefusedEntry {
  /** As it was typed. */
  readonly text: string
  /** What is wrong with it: a clause in English without a full stop. */
  readonly reason: string
}

/**
 * Reads mailboxes as people type and paste them. It does not throw for text, so a form can show what it understood beside what it did
 * not; who wants all or nothing, as a command line does, looks whether `refused` is empty. Never use it for text that a program made:
 * that is what `parseMailboxList` and `parseAddressList` are for.
 *
 * Beyond the strict grammar it takes: `Last, First <a@b>` and other names that should be in quotation marks; semicolons, line ends and
 * full-width commas between entries; commas too many; white space and invisible characters round an entry; `mailto:`; other quotation
 * marks round a name (“Anna”, 'Anna'), which are taken off.
 *
 * It does not guess at addresses. What the strict reader reads as a whole is taken as it reads it, groups by their members, and every
 * mailbox it gives was read from its entry by `parseMailbox`, from the angle brackets on letter for letter. So it refuses: an address
 * beside a name without angle brackets (`john smith@b`, `john,smith@b`), two addresses without a separator, a name behind the address,
 * a colon in a name, which begins a group, and what is opened and not closed, together with all that follows. Linear time.
 * @throws {SettingsError} `draft.not-text` when `text` is not a string
 */
export function readMailboxes(text: string): TypedMailboxes {
  if (typeof text !== 'string') fieldText(text, 'text')
  const strict = attempt(() => mailboxesOf(parseAddressList(trimWhite(text), FIELD)))
  if (typeof strict !== 'string') return { mailboxes: strict.map(withPlainName), refused: [] }
  const mailboxes: Mailbox[] = []
  const refused: RefusedEntry[] = []
  for (const entry of typedEntries(text)) {
    const read = readEntry(entry)
    if (typeof read === 'string') refused.push({ text: entry.text, reason: read })
    else mailboxes.push(withPlainName(read))
  }
  return { mailboxes, refused }
}

const FIELD = 'address'

/** The mailbox, or why there is none. */
function readEntry(entry: TypedEntry): Mailbox | string {
  if (entry.fault !== undefined) return entry.fault
  if (!entry.text.includes('@')) return 'there is no "@" in it'
  if (entry.comma) return entry.angleAt < 0 ? UNCLEAR_COMMA : readNamed(entry)
  const strict = attempt(() => parseMailbox(entry.text, FIELD))
  if (typeof strict !== 'string') return strict
  if (entry.angleAt >= 0) return readNamed(entry)
  const bare = withoutMailto(trimInvisible(entry.text))
  return bare === undefined ? BAD_MAILTO : bare === entry.text ? strict : attempt(() => parseMailbox(bare, FIELD))
}

/** An entry with an angle bracket that the strict reader refuses: the name is put in quotation marks, and the rest has to stand as it is. */
function readNamed({ text, angleAt, onePair, colon }: TypedEntry): Mailbox | string {
  if (!onePair) return 'there is not exactly one pair of angle brackets'
  if (colon) return 'a colon outside quotation marks begins a group'
  const name = nameOf(text.slice(0, angleAt))
  if (name.indexOf('@') !== name.lastIndexOf('@')) return 'more than one address stands in it'
  const inner = text.includes(':', angleAt) ? /^<\s*(mailto:[^<>"()]*)>/i.exec(text.slice(angleAt)) : null
  const bare = inner?.[1] === undefined ? '' : withoutMailto(inner[1].trim())
  if (bare === undefined) return BAD_MAILTO
  const rest = trimInvisible(inner ? `<${bare}>${text.slice(angleAt + inner[0].length)}` : text.slice(angleAt))
  return attempt(() => parseMailbox(name === '' ? rest : `${inQuotes(name)} ${rest}`, FIELD))
}

/** What people mean by the text before the angle bracket: white space once, quotation marks only where a comment makes them unsure. */
function nameOf(typed: string): string {
  const text = trimInvisible(typed).replace(/\s+/g, ' ')
  return text.includes('(') ? text : withoutQuotes(text)
}

const UNCLEAR_COMMA = 'it is not clear whether what stands before the comma belongs to the address'
const BAD_MAILTO = 'a mailto: link is read only when it is an address and nothing else'

/** Undefined for a link that says more than an address, or says it in the escapes of a URL (RFC 6068 2). */
function withoutMailto(text: string): string | undefined {
  if (!/^mailto:/i.test(text)) return text
  const address = text.slice('mailto:'.length).trim()
  return /[%/?#[\]&;=]/.test(address) ? undefined : address
}

const PAIRS: Readonly<Record<string, string>> = {
  '\u201c': '\u201d',
  '\u201d': '\u201d',
  '\u201e': '\u201c\u201d',
  '\u00ab': '\u00bb',
  '\u00bb': '\u00ab',
  '\u2018': '\u2019',
  '\u2019': '\u2019',
  '\u201a': '\u2018\u2019',
  '\u2039': '\u203a',
  '\u203a': '\u2039',
  "'": "'",
}

/** Takes one pair of quotation marks off a name when the whole of it stands between them. */
function withPlainName(mailbox: Mailbox): Mailbox {
  const { name = '', address, domain } = mailbox
  const open = name[0] ?? ''
  const close = name.at(-1) ?? ''
  if (!(open in PAIRS) || !PAIRS[open]?.includes(close)) return mailbox
  const inner = name.slice(1, -1)
  return inner.trim() === '' || inner.includes(open) || inner.includes(close)
    ? mailbox
    : { name: inner.trim(), address, domain }
}

/** What `read` gives, or the reason it refuses, without the field and the place in the text. */
function attempt<T>(read: () => T): T | string {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return error.message.slice(FIELD.length + 2).replace(/ \(character \d+\)$/, '')
  }
}
