import { wireDomain, wireLiteral } from './domain.js'
import { fieldText, isAscii } from './field-text.js'
import { refusal } from './refusal.js'

/** One mailbox with what is displayed for it (RFC 5322 3.4, RFC 6532). */
export interface Mailbox {
  /** The display name as text, neither quoted nor encoded. */
  readonly name?: string
  /** `local-part@domain` as it stands in the envelope: the local part quoted only if it must be, the domain in A-labels. */
  readonly address: string
  /** What stands behind the "@" of `address`. */
  readonly domain: string
}

const MAX_LOCAL_OCTETS = 64 // RFC 5321 4.5.3.1.1
const MAX_ADDRESS_OCTETS = 254 // a path has 256 with its angle brackets: RFC 5321 4.5.3.1.3
const MAX_COMMENT_DEPTH = 32

/**
 * Reads `a@b` or `Name <a@b>`: one mailbox and nothing else, by the grammar of RFC 5322 3.4 with UTF-8 (RFC 6532).
 * Comments are read and dropped. Of the obsolete forms only the full stop in a display name is taken. Linear time.
 * @throws {SettingsError} `address.malformed`, `draft.control-character` or `draft.not-text`, naming `field`
 */
export function parseMailbox(text: string, field: string): Mailbox {
  return simpleMailbox(text) ?? new AddressReader(text, field).only((reader) => reader.mailbox())
}

/** Reads mailboxes separated by commas; otherwise as `parseMailbox`. There are no groups and no empty entries. */
export function parseMailboxList(text: string, field: string): Mailbox[] {
  const simple = simpleMailbox(text)
  return simple ? [simple] : new AddressReader(text, field).only((reader) => reader.list())
}

/** Reads `a@b` without angle brackets and without a name; otherwise as `parseMailbox`. */
export function parseAddress(text: string, field: string): Mailbox {
  return simpleMailbox(text) ?? new AddressReader(text, field).only((reader) => reader.address())
}

const SIMPLE = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9.-]+)$/

/** The everyday form, plain ASCII without quotes, comments or a name, without the detour through the reader. */
function simpleMailbox(text: string): Mailbox | undefined {
  if (typeof text !== 'string' || text.length > MAX_ADDRESS_OCTETS) return undefined
  const domain = SIMPLE.exec(text)?.[1]
  if (domain === undefined || text.length - domain.length - 1 > MAX_LOCAL_OCTETS) return undefined
  return wireDomain(domain) === domain ? { address: text, domain } : undefined
}

/** atext of RFC 5322 3.2.3, with the UTF-8 of RFC 6532 3.2; control characters were refused before. */
const ATEXT = new Uint8Array(128)
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~") {
  ATEXT[character.charCodeAt(0)] = 1
}
const isAtext = (code: number) => code > 127 || ATEXT[code] === 1

interface Word {
  readonly text: string
  readonly quoted: boolean
}

/** Moves once from left to right; nothing is read twice and nothing recurses. */
class AddressReader {
  readonly #text: string
  readonly #field: string
  #at = 0

  constructor(text: unknown, field: string) {
    this.#text = fieldText(text, field)
    this.#field = field
  }

  /** The whole text is one of what `read` reads. */
  only<T>(read: (reader: AddressReader) => T): T {
    const value = read(this)
    if (this.#at < this.#text.length) this.#fail('something follows the mailbox')
    return value
  }

  list(): Mailbox[] {
    const mailboxes = [this.mailbox()]
    while (this.#take(',')) mailboxes.push(this.mailbox())
    return mailboxes
  }

  mailbox(): Mailbox {
    this.#skipComments()
    let last = this.#word()
    let gap = this.#skipComments()
    if (last && this.#peek('@')) return this.#addressFrom(last)
    let name = last?.text ?? ''
    while (last && !this.#peek('<')) {
      const next = this.#word()
      if (!next) this.#fail('a mailbox needs an "@", or angle brackets behind the name')
      name += gap || next.quoted || last.quoted ? ` ${next.text}` : next.text
      last = next
      gap = this.#skipComments()
    }
    if (!this.#take('<')) this.#fail('a mailbox is missing')
    const mailbox = this.address()
    if (!this.#take('>')) this.#fail('the closing angle bracket is missing')
    this.#skipComments()
    return name === '' ? mailbox : { name, ...mailbox }
  }

  address(): Mailbox {
    this.#skipComments()
    const local = this.#word()
    this.#skipComments()
    if (!local || !this.#peek('@')) this.#fail('an address is written local-part@domain')
    return this.#addressFrom(local)
  }

  #addressFrom(local: Word): Mailbox {
    const localPart = this.#localPart(local)
    this.#at++ // the "@"
    this.#skipComments()
    const domain = this.#domain()
    this.#skipComments()
    const address = `${localPart}@${domain}`
    if (Buffer.byteLength(address) > MAX_ADDRESS_OCTETS)
      this.#fail(`an address has at most ${MAX_ADDRESS_OCTETS} octets`)
    return { address, domain }
  }

  #localPart({ text, quoted }: Word): string {
    const isDotAtom = text !== '' && !text.startsWith('.') && !text.endsWith('.') && !text.includes('..')
    if (!quoted && !isDotAtom) this.#fail('a dot stands at an end of the local part, or two stand together')
    // A full-width "@" and its like become the real one in whatever normalises the address later.
    const disguised = !isAscii(text) && /[\s"(),:;<>@[\\\]]/.test(text.normalize('NFKC'))
    if (disguised && !quoted) this.#fail('the local part holds a disguised special character')
    const bare = isDotAtom && (!quoted || (!disguised && everyAtext(text)))
    const localPart = bare ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
    if (Buffer.byteLength(localPart) > MAX_LOCAL_OCTETS)
      this.#fail(`a local part has at most ${MAX_LOCAL_OCTETS} octets`)
    return localPart
  }

  #domain(): string {
    if (this.#take('[')) {
      const end = this.#text.indexOf(']', this.#at)
      const literal = end < 0 ? undefined : wireLiteral(this.#text.slice(this.#at, end))
      if (literal === undefined) this.#fail('the address literal is neither [IPv4] nor [IPv6:...]')
      this.#at = end + 1
      return `[${literal}]`
    }
    const domain = wireDomain(this.#run())
    return domain ?? this.#fail('the domain is not one of letters, digits and hyphens, and does not stand for one')
  }

  /** An atom, a dot-atom, or a quoted string without its quotation marks; undefined when something else comes. */
  #word(): Word | undefined {
    if (this.#peek('"')) return { text: this.#quotedString(), quoted: true }
    const text = this.#run()
    return text === '' ? undefined : { text, quoted: false }
  }

  #run(): string {
    const start = this.#at
    while (this.#at < this.#text.length && (isAtext(this.#code()) || this.#peek('.'))) this.#at++
    return this.#text.slice(start, this.#at)
  }

  #quotedString(): string {
    const start = ++this.#at
    for (; this.#at < this.#text.length; this.#at++) {
      if (this.#peek('"')) return this.#text.slice(start, this.#at++).replace(/\\(.)/gsu, '$1')
      if (this.#peek('\\')) this.#at++
    }
    return this.#fail('a quotation mark is not closed')
  }

  /** CFWS, RFC 5322 3.2.2. True when there was any. */
  #skipComments(): boolean {
    const start = this.#at
    for (let depth = 0; this.#at < this.#text.length; this.#at++) {
      if (this.#peek('(')) {
        if (++depth > MAX_COMMENT_DEPTH) this.#fail(`comments are nested deeper than ${MAX_COMMENT_DEPTH}`)
      } else if (depth === 0) {
        if (!this.#peek(' ')) break
      } else if (this.#peek(')')) depth--
      else if (this.#peek('\\')) this.#at++
      if (depth > 0 && this.#at >= this.#text.length - 1) this.#fail('a comment is not closed')
    }
    return this.#at > start
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at)
  }

  #peek(character: string): boolean {
    return this.#text[this.#at] === character
  }

  #take(character: string): boolean {
    if (!this.#peek(character)) return false
    this.#at++
    return true
  }

  #fail(reason: string): never {
    throw refusal(
      'address.malformed',
      this.#field,
      `${reason} (character ${Math.min(this.#at, this.#text.length) + 1})`,
      'Write a@example.com or "Name" <a@example.com>, the name in quotation marks when it holds a comma or another special character.',
    )
  }
}

function everyAtext(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text[at] !== '.' && !isAtext(text.charCodeAt(at))) return false
  return true
}
