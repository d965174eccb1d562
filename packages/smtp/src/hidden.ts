import type { Reply } from '@posthorn/ground'
import { formsOf } from './hidden-forms.js'
import { HiddenPieces, PIECE_LENGTH } from './hidden-pieces.js'

/** Shorter than this it could be part of any text. */
const MIN_LENGTH = 4

/** RFC 2034 4: stands in front of each line, and so in the middle of what goes on over two. */
const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3} /

/**
 * The secrets of one session, kept out of what the server says: some servers repeat the command they refuse, whole or in part. Hidden is
 * every piece of `PIECE_LENGTH` or more characters of any form of a secret, in small letters or capitals, also when it goes on over several
 * lines; forms that are shorter are hidden when they are whole. Costs one pass over a reply.
 */
export class Hidden {
  readonly #texts = new Set<string>()
  /** Of `#texts` what is shorter than a piece. */
  #short: readonly string[] = []
  #pieces: HiddenPieces | undefined
  readonly #received = new WeakMap<Reply, Reply>()
  /** Replies that hold nothing: servers say the same few again and again, and the parser hands out the same object for them. */
  #clean = new WeakSet<Reply>()

  /** Hides a secret in every form it may come back in. */
  add(secret: string): void {
    this.#hide(formsOf(secret))
  }

  /** Hides the words of a command that its shown form does not have. */
  addCommand(text: string, shown: string): void {
    const known = new Set(shown.split(' '))
    this.#hide(
      text
        .trim()
        .split(' ')
        .filter((word) => !known.has(word)),
    )
  }

  /** The reply, without them. */
  mask(reply: Reply): Reply {
    if (this.#texts.size === 0 || this.#clean.has(reply)) return reply
    const lines = this.#maskLines(reply.lines)
    if (!lines) {
      this.#clean.add(reply)
      return reply
    }
    const shown = { ...reply, lines }
    this.#received.set(shown, reply)
    return shown
  }

  /** A text, without them. */
  maskText(text: string): string {
    const found = this.#find(text)
    return found ? withoutMarked(text, found) : text
  }

  /** A masked reply as it was received, for a mechanism that must read every octet of a challenge. Never to be shown. */
  received(reply: Reply): Reply {
    return this.#received.get(reply) ?? reply
  }

  #hide(texts: Iterable<string>): void {
    const before = this.#texts.size
    for (const text of texts) if (text.length >= MIN_LENGTH) this.#texts.add(text)
    if (this.#texts.size === before) return
    this.#short = [...this.#texts].filter(({ length }) => length < PIECE_LENGTH)
    this.#pieces = undefined
    this.#clean = new WeakSet()
  }

  /** Undefined when they hold nothing. Each line for itself, then all of them as one text. */
  #maskLines(lines: readonly string[]): string[] | undefined {
    if (lines.length === 1) {
      const found = this.#find(lines[0]!)
      return found && [withoutMarked(lines[0]!, found)]
    }
    const each = lines.map((line) => this.#find(line))
    const starts = lines.map((line) => ENHANCED.exec(line)?.[0].length ?? 0)
    const joined = this.#find(lines.map((line, index) => line.slice(starts[index])).join(''))
    let at = 0
    for (let index = 0; joined && index < lines.length; index++) {
      const start = starts[index]!
      const part = joined.subarray(at, (at += lines[index]!.length - start))
      if (!part.includes(1)) continue
      const marks = (each[index] ??= new Uint8Array(lines[index]!.length))
      for (let place = 0; place < part.length; place++) if (part[place] === 1) marks[start + place] = 1
    }
    return each.some((found) => found) ? lines.map((line, index) => withoutMarked(line, each[index])) : undefined
  }

  /** Marks what is hidden, one octet for a character; undefined when that is nothing. */
  #find(text: string): Uint8Array | undefined {
    if (this.#texts.size === 0) return undefined
    this.#pieces ??= new HiddenPieces(this.#texts)
    let marks = this.#pieces.find(text)
    for (const short of this.#short) {
      for (let at = text.indexOf(short); at !== -1; at = text.indexOf(short, at + short.length)) {
        marks ??= new Uint8Array(text.length)
        marks.fill(1, at, at + short.length)
      }
    }
    return marks
  }
}

/** `***` in place of each marked stretch. */
function withoutMarked(text: string, marks: Uint8Array | undefined): string {
  if (!marks) return text
  let shown = ''
  for (let from = 0; from < text.length;) {
    const begin = marks.indexOf(1, from)
    if (begin === -1) return shown + text.slice(from)
    const end = marks.indexOf(0, begin)
    shown += `${text.slice(from, begin)}***`
    from = end === -1 ? text.length : end
  }
  return shown
}
