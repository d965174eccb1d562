import type { SettingsError } from '@posthorn/ground'
import { Turn } from '../turn.js'
import { readRefusal } from './read-refusal.js'

/** One encoding, read: a value, or the encodings it is made of. */
export interface Element {
  /** The identifier octet: class, form and number. */
  readonly tag: number
  readonly content: Uint8Array | readonly Element[]
}

/** Where an encoding ends: known before, or at the end-of-contents octets (X.690 8.1.3.6). */
export interface Scope {
  readonly tag: number
  readonly end: number | undefined
}

/** All that is held of a message but its content: some ten thousand recipients. */
const MAX_HELD_OCTETS = 16 * 1024 * 1024
const MAX_ELEMENTS = 500_000
const MAX_DEPTH = 32
/** How many encodings are read before it is looked at the clock. */
const LOOK_AFTER = 1024
const GATHER_OCTETS = 64 * 1024
const CONSTRUCTED = 0x20
const OCTET_STRING = 0x04

export function malformed(what: string, cause?: unknown): SettingsError {
  return readRefusal('smime.malformed', 'message', what, 'The message was damaged on its way, or is no CMS.', cause)
}

/**
 * Reads BER (X.690 8) out of chunks of any size: definite and indefinite lengths, strings in one piece or in many. A length is
 * believed only as far as the encoding around it goes; what is held is bounded, and a long string is given piece by piece.
 * @throws {SettingsError} `smime.malformed`
 */
export class BerReader {
  readonly #source: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0
  #position = 0
  #held = 0
  #elements = 0
  #entered = 0
  readonly #turn = new Turn()
  readonly #scopes: Scope[] = []

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** How many octets were read. */
  get position(): number {
    return this.#position
  }

  /** Goes into the next encoding. */
  async enter(): Promise<Scope> {
    if (this.#scopes.length >= MAX_DEPTH) throw malformed('is nested too deeply')
    if (++this.#elements > MAX_ELEMENTS) throw malformed('is made of too many parts')
    if (++this.#entered % LOOK_AFTER === 0 && this.#turn.isOver) await this.#turn.pass()
    const tag = await this.#octet()
    if ((tag & 31) === 31) throw malformed('has a tag that CMS does not know')
    const length = await this.#length()
    if (length === undefined && !(tag & CONSTRUCTED)) throw malformed('has a value without a length')
    const end = length === undefined ? undefined : this.#position + length
    if ((end ?? this.#position) > this.#end) throw malformed('has a part that is longer than the whole')
    const scope = { tag, end }
    this.#scopes.push(scope)
    return scope
  }

  /** Goes into the next encoding, which has this tag. */
  async expect(tag: number, name: string): Promise<Scope> {
    const scope = await this.enter()
    if (scope.tag !== tag) throw malformed(`has no ${name} where one belongs`)
    return scope
  }

  /** True while the encoding that was entered last has more in it. */
  async more(): Promise<boolean> {
    const scope = this.#scopes.at(-1)
    if (!scope) return false
    if (scope.end !== undefined) return this.#position < scope.end
    const next = await this.#peek()
    return next !== 0
  }

  /** The identifier octet of the next encoding; undefined at the end of the one around it. */
  async next(): Promise<number | undefined> {
    return (await this.more()) ? await this.#peek() : undefined
  }

  /** Leaves the encoding that was entered last, which is used up. */
  async leave(): Promise<void> {
    const scope = this.#scopes.pop()
    if (scope?.end === undefined) {
      if ((await this.#octet()) !== 0 || (await this.#octet()) !== 0) throw malformed('has an end where none belongs')
    } else if (this.#position !== scope.end) throw malformed('has more in it than belongs there')
  }

  /** The whole next encoding. */
  async element(): Promise<Element> {
    const { tag, end } = await this.enter()
    if (!(tag & CONSTRUCTED) && end !== undefined) {
      const content = await this.#take(end - this.#position)
      await this.leave()
      return { tag, content }
    }
    const members: Element[] = []
    while (await this.more()) members.push(await this.element())
    await this.leave()
    return { tag, content: members }
  }

  /** The octets of a string that was entered, in pieces as they come: itself, or the strings it is made of (X.690 8.7.3). */
  async *string(scope: Scope): AsyncGenerator<Uint8Array, void, undefined> {
    const depth = this.#scopes.length
    if (!(scope.tag & CONSTRUCTED)) {
      yield* this.#run(scope.end ?? 0)
      return
    }
    while (this.#scopes.length > depth || (await this.more())) {
      const short = this.#shortStrings()
      if (short) {
        if (short.length > 0) yield short
        if (this.#turn.isOver) await this.#turn.pass()
        continue
      }
      if (!(await this.more())) {
        await this.leave()
        continue
      }
      const inner = await this.enter()
      this.#elements-- // they are not held
      if ((inner.tag & ~CONSTRUCTED) !== OCTET_STRING) throw malformed('has something else in a string')
      if (inner.tag & CONSTRUCTED) continue
      yield* this.#run(inner.end ?? 0)
      await this.leave()
    }
  }

  /** Passes over so many octets, to come back to a place known from an earlier reading. */
  async skip(octets: number): Promise<void> {
    const passed = this.#run(this.#position + octets)
    while (!(await passed.next()).done);
  }

  /** Goes back into an encoding that was entered in an earlier reading. */
  resume(scope: Scope): void {
    this.#scopes.push(scope)
  }

  /** Nothing may follow. */
  async end(): Promise<void> {
    if (await this.#fill()) throw malformed('has something behind its end')
  }

  /** Tells the source that nothing more is wanted. */
  async close(): Promise<void> {
    await this.#source.return?.()
  }

  /** Strings of fewer than 128 octets that are here already, put together: some writers make thousands. */
  #shortStrings(): Uint8Array | undefined {
    const end = Math.min(this.#chunk.length, this.#at + (this.#end - this.#position), this.#at + GATHER_OCTETS)
    let at = this.#at
    let length = 0
    let gathered: Uint8Array | undefined
    while (at + 1 < end && this.#chunk[at] === OCTET_STRING) {
      const next = at + 2 + this.#chunk[at + 1]!
      if (this.#chunk[at + 1]! > 127 || next > end) break
      gathered ??= Buffer.allocUnsafe(end - at)
      for (let from = at + 2; from < next; from++) gathered[length++] = this.#chunk[from]!
      at = next
    }
    this.#position += at - this.#at
    this.#at = at
    return gathered?.subarray(0, length)
  }

  /** Where the innermost encoding of a definite length ends. */
  get #end(): number {
    return this.#scopes.findLast((scope) => scope.end !== undefined)?.end ?? Number.MAX_SAFE_INTEGER
  }

  async *#run(end: number): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#position < end) {
      if (!(await this.#fill())) throw malformed('ends too early')
      const piece = this.#chunk.subarray(this.#at, this.#at + (end - this.#position))
      this.#at += piece.length
      this.#position += piece.length
      yield piece
    }
  }

  async #take(length: number): Promise<Uint8Array> {
    this.#held += length
    if (this.#held > MAX_HELD_OCTETS) throw malformed('is too long where it should be short')
    if (this.#chunk.length - this.#at >= length) {
      const piece = Uint8Array.from(this.#chunk.subarray(this.#at, this.#at + length))
      this.#at += length
      this.#position += length
      return piece
    }
    const pieces: Uint8Array[] = []
    for await (const piece of this.#run(this.#position + length)) pieces.push(Uint8Array.from(piece))
    return Buffer.concat(pieces)
  }

  /** The length octets, X.690 8.1.3; undefined for an indefinite one. */
  async #length(): Promise<number | undefined> {
    const first = await this.#octet()
    if (first < 128) return first
    if (first === 128) return undefined
    if (first > 128 + 8) throw malformed('has a length that cannot be')
    let length = 0
    for (let rest = first - 128; rest > 0; rest--) length = length * 256 + (await this.#octet())
    if (!Number.isSafeInteger(this.#position + length)) throw malformed('has a length that cannot be')
    return length
  }

  async #octet(): Promise<number> {
    const octet = await this.#peek()
    this.#at++
    this.#position++
    return octet
  }

  async #peek(): Promise<number> {
    if (this.#at === this.#chunk.length && !(await this.#fill())) throw malformed('ends too early')
    return this.#chunk[this.#at]!
  }

  /** True when there is at least one more octet. */
  async #fill(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      const next = await this.#source.next()
      if (next.done) return false
      this.#chunk = next.value
      this.#at = 0
    }
    return true
  }
}
