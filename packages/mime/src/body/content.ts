import type { Content } from '@posthorn/ground'
import { Base64Lines, base64Size } from './base64.js'
import type { Piece } from './part.js'
import type { Source } from './source.js'

/** A message that is in memory and not longer is put together at once; a longer one is encoded while it is sent. */
const MAX_TOGETHER_OCTETS = 1024 * 1024

/** The pieces one behind the other, as content that can be opened again and again. */
export function contentOf(pieces: readonly Piece[], encoding: '7bit' | '8bit'): Content {
  const sizeOctets = pieces.reduce<number | undefined>((sum, piece) => add(sum, sizeOf(piece, encoding)), 0)
  const known = { canonical: true, encoding, ...(sizeOctets === undefined ? {} : { sizeOctets }) }
  if (sizeOctets !== undefined && sizeOctets <= MAX_TOGETHER_OCTETS) {
    const octets = together(pieces, sizeOctets)
    if (octets) return { ...known, octets, open: () => once(octets) }
  }
  const runs = merged(pieces)
  return { ...known, open: () => stream(runs) }
}

function sizeOf(piece: Piece, encoding: '7bit' | '8bit'): number | undefined {
  if (typeof piece === 'string') return encoding === '7bit' ? piece.length : Buffer.byteLength(piece)
  if (piece instanceof Uint8Array) return piece.length
  return piece.base64.sizeOctets === undefined ? undefined : base64Size(piece.base64.sizeOctets)
}

const add = (a: number | undefined, b: number | undefined) => (a === undefined || b === undefined ? undefined : a + b)

/** All pieces in one buffer; undefined when one of them is not in memory. */
function together(pieces: readonly Piece[], sizeOctets: number): Buffer | undefined {
  if (pieces.some((piece) => typeof piece === 'object' && 'base64' in piece && !piece.base64.octets)) return undefined
  const strings = pieces.every((piece) => typeof piece === 'string')
  if (strings) return Buffer.from(pieces.join(''))
  const out = Buffer.allocUnsafe(sizeOctets)
  let length = 0
  for (const piece of pieces) {
    if (typeof piece === 'string') length += out.write(piece, length)
    else if (piece instanceof Uint8Array) {
      out.set(piece, length)
      length += piece.length
    } else if (piece.base64.octets) {
      for (const block of base64(piece.base64.octets)) {
        out.set(block, length)
        length += block.length
      }
    }
  }
  return out
}

function* base64(octets: Uint8Array): Generator<Uint8Array, void, undefined> {
  const lines = new Base64Lines(octets.length)
  yield* lines.push(octets)
  yield* lines.end()
}

/** Strings turned into octets, neighbours joined, so that an opening does nothing twice. */
function merged(pieces: readonly Piece[]): (Uint8Array | Source)[] {
  const runs: (Uint8Array | Source)[] = []
  let text = ''
  const flush = () => {
    if (text !== '') runs.push(Buffer.from(text))
    text = ''
  }
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    else {
      flush()
      runs.push(piece instanceof Uint8Array ? piece : piece.base64)
    }
  }
  flush()
  return runs
}

async function* stream(runs: readonly (Uint8Array | Source)[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const run of runs) {
    if (run instanceof Uint8Array) yield run
    else if (run.octets) yield* base64(run.octets)
    else {
      const lines = new Base64Lines(run.sizeOctets)
      for await (const chunk of run.read()) yield* lines.push(chunk)
      yield* lines.end()
    }
  }
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}
