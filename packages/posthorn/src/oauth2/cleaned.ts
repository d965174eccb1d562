const MAX_LENGTH = 400
/** A piece of a secret that is as long as this is one, too. */
const PIECE = 8
const HIDDEN = '[secret]'
const CONTROLS = /[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g

/**
 * What the other side said, fit for an error: one line, at most 400 characters, no control characters (nor the ones that turn the
 * direction of text), and none of these secrets, nor eight characters of one, whichever way they are written: in capitals or not, over
 * several lines, in base64, hexadecimal, URL or JSON form.
 */
export function cleaned(text: string, secrets: Iterable<string> = []): string {
  const shown = masked(text, forms(secrets)) // not cut yet: half a secret would not be found
    .replace(CONTROLS, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return shown.length > MAX_LENGTH ? `${shown.slice(0, MAX_LENGTH)}...` : shown
}

/** From and up to, in the text. */
type Range = readonly [from: number, to: number]

function masked(text: string, all: ReadonlySet<string>): string {
  let shown = ''
  let end = 0
  for (const [from, to] of joined([...whole(text, all), ...pieces(text, all)])) {
    shown += text.slice(end, from) + HIDDEN
    end = to
  }
  return shown + text.slice(end)
}

/** Where one stands as it is. */
function* whole(text: string, all: ReadonlySet<string>): Generator<Range, void, undefined> {
  const folded = fold(text)
  for (const form of all) {
    for (let at = folded.indexOf(form); at >= 0; at = folded.indexOf(form, at + 1)) yield [at, at + form.length]
  }
}

/** Where a piece of one stands, in a text whose blanks and ends of lines do not count. */
function pieces(text: string, all: ReadonlySet<string>): Range[] {
  const folded = fold(text)
  const places: number[] = []
  for (let at = 0; at < folded.length; at++) if (!isBlank(folded[at]!)) places.push(at)
  const dense = places.map((at) => folded[at]).join('')
  const piecesOf = (of: string) =>
    Array.from({ length: Math.max(0, of.length - PIECE + 1) }, (_, at) => of.slice(at, at + PIECE))
  const said = piecesOf(dense)
  const known = new Set(said)
  const found = new Set<string>()
  for (const form of all) for (const piece of piecesOf(withoutBlanks(form))) if (known.has(piece)) found.add(piece)
  return said.flatMap((piece, at): Range[] => (found.has(piece) ? [[places[at]!, places[at + PIECE - 1]! + 1]] : []))
}

function joined(ranges: Range[]): Range[] {
  const all: [number, number][] = []
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = all.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else all.push([from, to])
  }
  return all
}

/** Without capitals; every character stays in its place. */
function fold(text: string): string {
  return text.replace(/[^a-z]/g, (character) => {
    const small = character.toLowerCase()
    return small.length === 1 ? small : character
  })
}

function isBlank(character: string): boolean {
  return /[\s\0-\x1f\x7f-\x9f]/.test(character)
}

function withoutBlanks(text: string): string {
  return text.replace(/[\s\0-\x1f\x7f-\x9f]/g, '')
}

/** The ways a server may write them, without capitals. */
function forms(secrets: Iterable<string>): Set<string> {
  const all = new Set<string>()
  for (const secret of secrets) {
    if (secret === '') continue
    const octets = Buffer.from(secret)
    for (const form of [
      ...[secret, octets.toString('hex'), JSON.stringify(secret).slice(1, -1)],
      ...[encodeURIComponent(secret.toWellFormed()), new URLSearchParams({ '': secret }).toString().slice(1)],
      ...base64Forms(octets),
    ]) {
      all.add(fold(form))
      all.add(fold(form.replaceAll('+', '-').replaceAll('/', '_')))
    }
  }
  all.delete('')
  return all
}

/** By itself, and behind one or two octets of something else. */
function* base64Forms(octets: Buffer): Generator<string, void, undefined> {
  const padded = octets.toString('base64')
  yield padded
  yield padded.replace(/=+$/, '')
  for (const before of [1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), octets]).toString('base64')
    const form = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + octets.length) * 8) / 6))
    if (form.length >= PIECE) yield form // a shorter one could be part of any word
  }
}
