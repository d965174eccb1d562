import { isLongName, LONG_NAME, unescaped } from './display-name.js'
import { wireDomain, wireLiteral } from './domain.js'
import { isAtextOrDot, wireLocalPart } from './local-part.js'
import { fieldText } from '../header/field-text.js'
import { refusal } from '../refusal.js'

/** One mailbox with what is displayed for it (RFC 5322 3.4, RFC 6532). */
export interface Mailbox {
  /** The display name as text, neither quoted nor encoded. */
  readonly name?: string
  /** `local-part@domain` as it stands in the envelope: the local part in NFC, quoted only if it must be, the domain in A-labels. */
  readonly address: string
  /** What stands behind the "@" of `address`. */
  readonly domain: string
}

/** Mailboxes that stand together under a name (RFC 5322 3.4); without members it names nobody, as `undisclosed-recipients:;` does. */
export interface Group {
  /** The name as text, neither quoted nor encoded; not empty. */
  readonly group: string
  readonly members: readonly Mailbox[]
}

const MAX_ADDRESS_OCTETS = 254 // a path has 256 with its angle brackets: RFC 5321 4.5.3.1.3
const MAX_COMMENT_DEPTH = 32
const ONE_MAILBOX =
  'Write a@example.com or "Name" <a@example.com>, the name in quotation marks when it holds a comma or another special character.'
const COMMAS =
  'Put one comma between two mailboxes and none at the ends, or give an array; readMailboxes reads what people typed.'

interface Word {
  readonly text: string
  readonly quoted: boolean
}

/**
 * The grammar of RFC 5322 3.4 with UTF-8 (RFC 6532), local parts and domains as RFC 5321 4.1.2 and RFC 6531 have them. Comments are
 * read and dropped. It moves once from left to right; nothing is read twice and nothing recurses, since a group holds no group.
 */
export class AddressReader {
  readonly #text: string
  readonly #field: string
  readonly #failWith = (reason: string): never => this.#fail(reason)
  #at = 0
  /** The domain that was read last, since neighbours in a list often share theirs. */
  #lastRun = ''
  #lastDomain = ''

  /** @throws {SettingsError} `draft.control-character` or `draft.not-text`; every method throws `address.malformed` or `address.group` */
  constructor(text: unknown, field: string) {
    this.#text = fieldText(text, field)
    this.#field = field
  }

  /** The whole text is one of what `read` reads. */
  only<T>(read: (reader: AddressReader) => T): T {
    const value = read(this)
    if (this.#peek(';')) this.#fail('a semicolon follows the mailbox', COMMAS)
    if (this.#at < this.#text.length) this.#fail('something follows the mailbox')
    return value
  }

  /** One or more of what `read` reads, with commas between them. */
  list<T>(read: (reader: AddressReader) => T): T[] {
    const entries = [read(this)]
    while (this.#take(',')) entries.push(read(this))
    return entries
  }

  /** `a@b` or `Name <a@b>`. */
  mailbox(): Mailbox {
    const opening = this.#opening()
    if (typeof opening !== 'string') return opening
    if (this.#peek(':')) {
      throw refusal(
        'address.group',
        this.#field,
        `names a group, where only mailboxes may stand (character ${this.#at + 1})`,
        'Give the mailboxes without the name of the group, or put a name that has a colon in quotation marks.',
      )
    }
    return this.#named(opening)
  }

  /** A mailbox, or a group: `Name: a@b, c@d;` or `Name:;`. */
  address(): Mailbox | Group {
    const opening = this.#opening()
    if (typeof opening !== 'string') return opening
    if (!this.#take(':')) return this.#named(opening)
    if (opening.trim() === '') this.#fail('a group needs a name')
    this.#skipComments()
    const members = this.#peek(';') ? [] : this.list((reader) => reader.mailbox())
    if (!this.#take(';')) this.#fail('a group ends with a semicolon')
    this.#skipComments()
    return { group: opening, members }
  }

  /** `a@b`, without angle brackets and without a name. */
  bare(): Mailbox {
    this.#skipComments()
    const local = this.#word()
    this.#skipComments()
    if (!local || !this.#peek('@')) this.#fail('an address is written local-part@domain')
    return this.#addressFrom(local)
  }

  /** The mailbox when it has no angle brackets, otherwise the phrase before "<" or ":". */
  #opening(): Mailbox | string {
    this.#skipComments()
    let last = this.#word()
    let gap = this.#skipComments()
    if (last && this.#peek('@')) return this.#addressFrom(last)
    let phrase = last?.text ?? ''
    while (last && !this.#peek('<') && !this.#peek(':')) {
      const next = this.#word()
      if (!next) this.#fail('a mailbox needs an "@", or angle brackets behind the name')
      phrase += gap || next.quoted || last.quoted ? ` ${next.text}` : next.text
      last = next
      gap = this.#skipComments()
    }
    if (isLongName(phrase)) this.#fail(`what stands before it ${LONG_NAME}`)
    return phrase
  }

  #named(name: string): Mailbox {
    if (!this.#take('<')) {
      if (name === '' && (this.#peek(',') || (this.#at > 0 && this.#at >= this.#text.length))) {
        this.#fail('a mailbox is missing before or behind a comma', COMMAS)
      }
      this.#fail('a mailbox is missing')
    }
    const mailbox = this.bare()
    if (!this.#take('>')) this.#fail('the closing angle bracket is missing')
    this.#skipComments()
    return name === '' ? mailbox : { name, ...mailbox }
  }

  #addressFrom({ text, quoted }: Word): Mailbox {
    const localPart = wireLocalPart(text, quoted, this.#failWith)
    this.#at++ // the "@"
    this.#skipComments()
    const domain = this.#domain()
    this.#skipComments()
    const address = `${localPart}@${domain}`
    if (address.length > MAX_ADDRESS_OCTETS / 3 && Buffer.byteLength(address) > MAX_ADDRESS_OCTETS)
      this.#fail(`an address has at most ${MAX_ADDRESS_OCTETS} octets`)
    return { address, domain }
  }

  #domain(): string {
    if (this.#take('[')) {
      const end = this.#text.indexOf(']', this.#at)
      const literal = end < 0 ? undefined : wireLiteral(this.#text.slice(this.#at, end))
      if (literal === undefined) this.#fail('the address literal is neither [IPv4] nor [IPv6:...]')
      this.#at = end + 1
      return `[${literal}]`
    }
    const run = this.#run()
    if (run === '' || run !== this.#lastRun) {
      const domain = wireDomain(run)
      if (domain === undefined) {
        this.#fail('the domain is not one of letters, digits and hyphens, and does not stand for one')
      }
      this.#lastRun = run
      this.#lastDomain = domain
    }
    return this.#lastDomain
  }

  /** An atom, a dot-atom, or a quoted string without its quotation marks; undefined when something else comes. */
  #word(): Word | undefined {
    if (this.#peek('"')) return { text: this.#quotedString(), quoted: true }
    const text = this.#run()
    return text === '' ? undefined : { text, quoted: false }
  }

  #run(): string {
    let end = this.#at
    while (isAtextOrDot(this.#text.charCodeAt(end))) end++
    const run = this.#text.slice(this.#at, end)
    this.#at = end
    return run
  }

  #quotedString(): string {
    const start = ++this.#at
    for (; this.#at < this.#text.length; this.#at++) {
      if (this.#peek('"')) {
        return unescaped(this.#text.slice(start, this.#at++))
      }
      if (this.#peek('\\')) this.#at++
    }
    return this.#fail('a quotation mark is not closed')
  }

  /** CFWS, RFC 5322 3.2.2. True when there was some. */
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

  #peek(character: string): boolean {
    return this.#text[this.#at] === character
  }

  #take(character: string): boolean {
    if (!this.#peek(character)) return false
    this.#at++
    return true
  }

  #fail(reason: string, hint = ONE_MAILBOX): never {
    throw refusal(
      'address.malformed',
      this.#field,
      `${reason} (character ${Math.min(this.#at, this.#text.length) + 1})`,
      hint,
    )
  }
}
