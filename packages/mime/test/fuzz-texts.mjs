// Hostile texts and addresses, by chance.
import {
  DOMAINS,
  FORBIDDEN_PIECES,
  LINE_ENDS,
  LOCAL_PARTS,
  LONG,
  NO_TEXTS,
  ODD_DOMAINS,
  PIECES,
  WIDE_LOCAL_PARTS,
  WORDS,
} from './fuzz-fragments.mjs'

/** First and last code points of blocks that any character may come from. */
const BLOCKS = [
  [0x20, 0x7e],
  [0xa0, 0x24f],
  [0x300, 0x36f],
  [0x370, 0x5ff],
  [0x600, 0x6ff],
  [0x900, 0xdff],
  [0xe00, 0x1fff],
  [0x2000, 0x2027],
  [0x202a, 0x2bff],
  [0x3000, 0x9fff],
  [0xac00, 0xd7a3],
  [0xe000, 0xffff],
  [0x10000, 0x1ffff],
  [0x20000, 0x10ffff],
]

/** Makes texts; how many of them may hold what must be refused is settled at the start, so that most drafts are composed. */
export class Texts {
  #wild

  /** @param {import('./fuzz-dice.mjs').Dice} dice */
  constructor(dice, wild = dice.pick([0, 0, 0, 0, 0, 1, 1, 2])) {
    this.dice = dice
    this.#wild = wild
  }

  /** True for a value that may be anything; seldom, and a few times for each draft at most. */
  goesWild(inSoMany = 10) {
    if (this.#wild === 0 || !this.dice.one(inSoMany)) return false
    this.#wild--
    return true
  }

  /** One or more pieces, with or without spaces between them. */
  pieces(most = 5) {
    const { dice } = this
    let text = ''
    for (let left = 1 + dice.int(most); left > 0; left--) {
      const kind = dice.int(10)
      if (kind < 6) text += dice.pick(PIECES)
      else if (kind < 9) text += dice.pick(WORDS)
      else text += this.character()
      if (left > 1 && dice.one(2)) text += ' '
    }
    return dice.one(60) ? this.#withLong(text) : text
  }

  /** For a field: what comes back as it is, or what is refused. */
  text(most) {
    if (!this.goesWild()) return this.pieces(most)
    if (this.dice.one(5)) return this.dice.pick(NO_TEXTS)
    return this.broken(this.pieces(most))
  }

  /** The text with something in it that may make another text of it. */
  broken(text) {
    const { dice } = this
    const at = dice.int(text.length + 1)
    return text.slice(0, at) + dice.pick(dice.one(3) ? PIECES : FORBIDDEN_PIECES) + text.slice(at)
  }

  /** Lines, with line ends of any kind, and whatever may stand in a text. */
  body() {
    const { dice } = this
    let text = ''
    for (let left = dice.int(5); left >= 0; left--) {
      text += dice.one(4) ? '' : this.pieces(8)
      if (dice.one(12)) text += dice.pick(FORBIDDEN_PIECES)
      if (left > 0 || dice.one(2)) text += dice.pick(LINE_ENDS)
    }
    return text
  }

  character() {
    const [first, last] = this.dice.pick(BLOCKS)
    const code = first + this.dice.int(last - first + 1)
    return String.fromCodePoint(code >= 0xd800 && code <= 0xdfff ? 0x4e00 : code)
  }

  localPart() {
    const { dice } = this
    if (dice.one(50)) return dice.pick(WIDE_LOCAL_PARTS)
    if (dice.one(25)) return `"${this.pieces(2).replace(/["\\]/g, '\\$&')}"`
    return dice.pick(LOCAL_PARTS)
  }

  domain() {
    return this.dice.pick(this.dice.one(60) ? ODD_DOMAINS : DOMAINS)
  }

  address() {
    const { dice } = this
    const address = dice.one(3) ? `${this.localPart()}@${this.domain()}` : `u${dice.int(1000)}@example.com`
    return this.goesWild(20) ? this.broken(address) : address
  }

  /** A mailbox in the grammar of RFC 5322, with comments where they may stand. */
  mailbox() {
    const { dice } = this
    if (dice.one(3)) return this.address()
    const comment = dice.one(15) ? ` (${this.pieces(1).replace(/[()\\]/g, '\\$&')}) ` : ''
    const brackets = dice.one(20) ? `<${comment} ${this.address()} >` : `<${this.address()}>`
    const made = `${this.phrase()}${comment} ${brackets}${dice.one(20) ? comment : ''}`
    return this.goesWild(30) ? this.broken(made) : made
  }

  phrase() {
    const { dice } = this
    if (dice.one(8)) return ''
    if (dice.one(3)) return dice.pick(WORDS).replaceAll(':', '')
    const quoted = `"${this.pieces(3).replace(/["\\]/g, '\\$&')}"`
    return dice.one(5) ? `${quoted} ${dice.pick(['J.', 'von', '"', 'Ü', '=?utf-8?q?x?='])}` : quoted
  }

  group(most = 3) {
    const { dice } = this
    const members = Array.from({ length: dice.int(most + 1) }, () => this.mailbox())
    return `${this.phrase() || 'Team'}: ${members.join(', ')};`
  }

  #withLong(text) {
    const { dice } = this
    const at = dice.int(text.length + 1)
    return text.slice(0, at) + (dice.one(2) ? ' ' : '') + dice.pick(LONG) + (dice.one(2) ? ' ' : '') + text.slice(at)
  }
}
