import type { Content, ContentEncoding } from '@posthorn/ground'
import { Base64Lines, base64Size, writeBase64 } from '../encode/base64.js'
import type { Piece } from './part.js'
import type { Source } from './source.js'
import { Turn } from '../turn.js'

/** A message that is in memory and not longer is put together at once; a longer one is encoded while it is sent. */
const MAX_TOGETHER_OCTETS = 1024 * 1024
/** A UTF-16 unit gives three octets at most. */
const MAX_TOGETHER_UNITS = MAX_TOGETHER_OCTETS / 3

/** What the pieces do not tell about content. */
export type ContentFacts = Pick<Content, 'utf8Header' | 'recode' | 'release'>

/**
 * The pieces one behind the other, as content that can be opened again and again. It promises to be canonical, and its encoding, unless
 * there are octets in it that may be anything: those of binary, and those nobody has looked at.
 * @param encoding what all of it together needs; strings and octets are what it says
 */
export function contentOf(pieces: readonly Piece[], encoding: ContentEncoding, facts?: ContentFacts): Content {
  const text = allText(pieces)
  if (text !== undefined) {
    const octets = Buffer.from(text, encoding === '7bit' ? 'latin1' : 'utf8')
    return new PiecesContent(pieces, encoding, false, octets.length, octets, facts)
  }
  const unchecked = pieces.some((piece) => typeof piece === 'object' && 'run' in piece && piece.run.unchecked === true)
  const sizeOctets = totalSize(pieces, encoding)
  const octets =
    sizeOctets !== undefined && sizeOctets <= MAX_TOGETHER_OCTETS ? together(pieces, sizeOctets) : undefined
  return new PiecesContent(pieces, encoding, unchecked, sizeOctets, octets, facts)
}

/** A class, since an object put together from spreads and later fields takes longer to make than all the header fields. */
class PiecesContent implements Content {
  readonly open: () => AsyncIterable<Uint8Array>
  declare readonly sizeOctets?: number
  declare readonly octets?: Uint8Array
  declare readonly canonical?: boolean
  declare readonly encoding?: ContentEncoding
  declare readonly utf8Header?: boolean
  declare readonly recode?: (widest: ContentEncoding) => Content
  declare readonly release?: () => void

  constructor(
    pieces: readonly Piece[],
    encoding: ContentEncoding,
    unchecked: boolean,
    sizeOctets: number | undefined,
    octets: Uint8Array | undefined,
    facts: ContentFacts | undefined,
  ) {
    if (sizeOctets !== undefined) this.sizeOctets = sizeOctets
    if (octets) this.octets = octets
    if (encoding !== 'binary' && !unchecked) this.canonical = true
    if (encoding === 'binary' || !unchecked) this.encoding = encoding
    if (facts?.utf8Header !== undefined) this.utf8Header = facts.utf8Header
    if (facts?.recode) this.recode = facts.recode
    if (facts?.release) this.release = facts.release
    if (octets) this.open = () => once(octets)
    else {
      const runs = merged(pieces)
      this.open = () => stream(runs)
    }
  }
}

function totalSize(pieces: readonly Piece[], encoding: ContentEncoding): number | undefined {
  let sum = 0
  for (const piece of pieces) {
    const size = sizeOf(piece, encoding)
    if (size === undefined) return undefined
    sum += size
  }
  return sum
}

function sizeOf(piece: Piece, encoding: ContentEncoding): number | undefined {
  if (typeof piece === 'string') return encoding === '7bit' ? piece.length : Buffer.byteLength(piece)
  if (piece instanceof Uint8Array) return piece.length
  if ('run' in piece) return piece.run.sizeOctets
  return piece.base64.sizeOctets === undefined ? undefined : base64Size(piece.base64.sizeOctets)
}

/** The pieces as one string, when they are strings that are put together at once. */
function allText(pieces: readonly Piece[]): string | undefined {
  let text = ''
  for (const piece of pieces) {
    if (typeof piece !== 'string') return undefined
    text += piece
  }
  return text.length <= MAX_TOGETHER_UNITS ? text : undefined
}

/** All pieces in one buffer; undefined when one of them is not in memory. */
function together(pieces: readonly Piece[], sizeOctets: number): Buffer | undefined {
  for (const piece of pieces) if (!inMemory(piece)) return undefined
  const out = Buffer.allocUnsafe(sizeOctets)
  let length = 0
  for (const piece of pieces) {
    if (typeof piece === 'string') length += out.write(piece, length)
    else if (!(piece instanceof Uint8Array) && 'base64' in piece)
      length = writeBase64(piece.base64.octets!, out, length)
    else {
      const octets = piece instanceof Uint8Array ? piece : piece.run.octets!
      out.set(octets, length)
      length += octets.length
    }
  }
  return out
}

function inMemory(piece: Piece): boolean {
  if (typeof piece === 'string' || piece instanceof Uint8Array) return true
  return ('run' in piece ? piece.run : piece.base64).octets !== undefined
}

/** Octets as they stand, a source whose octets stand as they are, or one that goes in base64. */
type Run = Uint8Array | { readonly base64: Source } | { readonly run: Source }

/** Strings turned into octets, neighbours joined, so that an opening does nothing twice. */
function merged(pieces: readonly Piece[]): Run[] {
  const runs: Run[] = []
  let text = ''
  const flush = () => {
    if (text !== '') runs.push(Buffer.from(text))
    text = ''
  }
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    else {
      flush()
      runs.push(piece instanceof Uint8Array ? piece : 'run' in piece && piece.run.octets ? piece.run.octets : piece)
    }
  }
  flush()
  return runs
}

async function* stream(runs: readonly Run[]): AsyncGenerator<Uint8Array, void, undefined> {
  const turn = new Turn() // what is in memory is never waited for, and neither may be those who read it
  for (const run of runs) {
    if (run instanceof Uint8Array) yield run
    else if ('run' in run) yield* run.run.read()
    else {
      const source = run.base64
      const lines = new Base64Lines(source.sizeOctets)
      if (source.octets) {
        for (const block of lines.push(source.octets)) {
          yield block
          if (turn.isOver) await turn.pass()
        }
      } else for await (const chunk of source.read()) yield* lines.push(chunk)
      yield* lines.end()
    }
  }
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}
