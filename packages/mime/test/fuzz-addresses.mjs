// A strict reader of addresses, written from RFC 5322 3.4; it shares no code with the composer.
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { wordText } from './fuzz-words.mjs'

const QUOTED = /"((?:[^"\\]|\\.)*)"/suy
const WORD = /[^\0-\x20\x7f()<>[\]:;@\\,"]+/y
const SPECIALS = '<>@,;:'
const ATEXT = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+)*$/
const LABELS = /^(?=.{1,255}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
/** Deeper comments may be refused. */
const MANY_COMMENTS = 30

/**
 * Mailboxes and groups. In a message (`decode`) encoded-words in phrases are decoded; in a draft a name is what it says.
 * @returns {{ entries: readonly object[], sure: boolean }} a mailbox as `{ name, local, domain }`, a group as `{ group, members }`; `sure`
 * when nothing in it may be refused
 * @throws {Error} when it is not in the grammar
 */
export function readAddresses(text, { decode = false, groups = true, single = false } = {}) {
  const reader = new Reader(tokens(text), decode)
  const entries = [reader.address(groups)]
  while (!single && reader.takes(',')) entries.push(reader.address(groups))
  reader.end()
  return { entries, sure: reader.sure }
}

/** `a@b` and nothing else. */
export function readBareAddress(text) {
  const reader = new Reader(tokens(text), false)
  const mailbox = reader.addressSpec(reader.word())
  reader.end()
  return { entries: [mailbox], sure: reader.sure }
}

/** `Name <list.example.com>`, RFC 2919 2. */
export function readListId(text) {
  const reader = new Reader(tokens(text), true)
  const words = []
  for (let word = reader.word(); word; word = reader.word()) words.push(word)
  const name = reader.phrase(words)
  if (!reader.takes('<')) throw new Error('no angle bracket')
  const id = reader.word()?.text
  if (!reader.takes('>')) throw new Error('the angle bracket is not closed')
  reader.end()
  return { name, id }
}

/** The mailboxes of a list, those of its groups among them. */
export function flat(entries) {
  return entries.flatMap((entry) => entry.members ?? [entry])
}

/** One line for each entry, for comparing. */
export function shown(entries) {
  return entries.map((entry) =>
    entry.members
      ? `${JSON.stringify(entry.group)}: [${shown(entry.members).join(', ')}]`
      : `${JSON.stringify(entry.name ?? '')} <${JSON.stringify(entry.local)}@${entry.domain}>`,
  )
}

/** Words, quoted strings, literals and specials, each with whether white space or a comment stood in front of it. */
function tokens(text) {
  const found = []
  let gap = false
  let comments = 0
  for (let at = 0; at < text.length;) {
    const character = text[at]
    if (character === ' ' || character === '\t') {
      gap = true
      at++
    } else if (character === '(') {
      const { to, depth } = comment(text, at)
      comments = Math.max(comments, depth)
      gap = true
      at = to
    } else if (character === '"') {
      QUOTED.lastIndex = at
      const closed = QUOTED.exec(text)
      if (!closed) throw new Error('a quotation mark is not closed')
      found.push({ kind: 'quoted', text: closed[1].replace(/\\(.)/gsu, '$1'), gap })
      at += closed[0].length
      gap = false
    } else if (character === '[') {
      const to = text.indexOf(']', at)
      if (to < 0) throw new Error('a literal is not closed')
      found.push({ kind: 'literal', text: text.slice(at + 1, to), gap })
      at = to + 1
      gap = false
    } else if (SPECIALS.includes(character)) {
      found.push({ kind: character, text: character, gap })
      at++
      gap = false
    } else {
      WORD.lastIndex = at
      const word = WORD.exec(text)
      if (!word) throw new Error(`${JSON.stringify(character)} where it must not stand`)
      found.push({ kind: 'atom', text: word[0], gap })
      at += word[0].length
      gap = false
    }
  }
  return { found, comments }
}

function comment(text, from) {
  let depth = 0
  let deepest = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '(') deepest = Math.max(deepest, ++depth)
    else if (text[at] === ')' && --depth === 0) return { to: at + 1, depth: deepest }
  }
  throw new Error('a comment is not closed')
}

class Reader {
  sure = true
  #tokens
  #decode
  #at = 0

  constructor({ found, comments }, decode) {
    this.#tokens = found
    this.#decode = decode
    if (comments > MANY_COMMENTS) this.sure = false
  }

  takes(kind) {
    if (this.#tokens[this.#at]?.kind !== kind) return false
    this.#at++
    return true
  }

  end() {
    if (this.#at < this.#tokens.length) throw new Error(`${this.#tokens[this.#at].text} stands too late`)
  }

  word() {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'atom' && token?.kind !== 'quoted') return undefined
    this.#at++
    return token
  }

  address(groups) {
    const words = []
    for (let word = this.word(); word; word = this.word()) words.push(word)
    if (words.length === 1 && this.#tokens[this.#at]?.kind === '@') return this.addressSpec(words[0])
    const name = this.phrase(words)
    if (groups && this.takes(':')) {
      if (name.trim() === '') throw new Error('a group without a name')
      const members = []
      if (!this.takes(';')) {
        do members.push(this.address(false))
        while (this.takes(','))
        if (!this.takes(';')) throw new Error('a group that does not end')
      }
      return { group: name, members }
    }
    if (!this.takes('<')) throw new Error('no angle bracket')
    const mailbox = this.addressSpec(this.word())
    if (!this.takes('>')) throw new Error('the angle bracket is not closed')
    return name === '' ? mailbox : { ...mailbox, name }
  }

  addressSpec(local) {
    if (!local) throw new Error('no local part')
    if (!this.takes('@')) throw new Error('no at sign')
    const domain = this.#tokens[this.#at++]
    if (domain?.kind !== 'atom' && domain?.kind !== 'literal') throw new Error('no domain')
    return { local: this.#local(local), domain: this.#domain(domain) }
  }

  #local({ text, kind }) {
    const plain = /^[ -~]*$/.test(text)
    const quotedLength = text.length + 2 + (text.match(/["\\]/g)?.length ?? 0)
    if (kind === 'atom' && !ATEXT.test(text)) throw new Error(`not a dot-atom: ${text}`)
    if (!plain || text.includes('=?') || quotedLength > 64)
      this.sure &&= plain && !text.includes('=?') && kind === 'atom' && text.length <= 64
    if (this.#decode && /=\?.*\?=/.test(text)) throw new Error('a local part that looks like an encoded-word')
    return text.normalize('NFC')
  }

  #domain({ text, kind }) {
    if (kind === 'literal') {
      const six = /^ipv6:(.*)$/i.exec(text)
      if (six ? isIP(six[1]) !== 6 : isIP(text) !== 4) throw new Error(`not an address literal: ${text}`)
      if (text.includes('%')) this.sure = false
      return six ? `[IPv6:${six[1]}]` : `[${text}]`
    }
    if (/[^\0-\x7f]/.test(text)) {
      this.sure = false
      const ascii = domainToASCII(text)
      if (this.#decode || !LABELS.test(ascii)) throw new Error(`not a domain: ${text}`)
      return ascii
    }
    if (!LABELS.test(text)) throw new Error(`not a domain: ${text}`)
    if (/xn--/i.test(text) || text.length > 180) this.sure = false
    return text
  }

  /** The words with a space between them; of encoded-words side by side the space is not shown (RFC 2047 6.2). */
  phrase(words) {
    let out = ''
    let afterWord = false
    words.forEach(({ text, kind, gap }, index) => {
      const word = this.#decode && kind === 'atom' ? wordText(text, true) : undefined
      if (this.#decode && word === undefined && text.includes('=?'))
        throw new Error(`looks like an encoded-word: ${text}`)
      if (index > 0 && word !== undefined && !gap) throw new Error('no space in front of an encoded-word')
      if (index > 0 && !(afterWord && word !== undefined)) out += ' '
      out += word ?? text
      afterWord = word !== undefined
    })
    const next = this.#tokens[this.#at]
    if (afterWord && next && !next.gap) throw new Error('no space behind an encoded-word')
    return out
  }
}
