// Messages that are ready, by chance: trees of parts under all transfer encodings, with what they are to hold when they are re-encoded.
import { FORBIDDEN_PIECES, PIECES } from './fuzz-fragments.mjs'
import { Texts } from './fuzz-texts.mjs'

const TYPES = [
  'text/plain',
  'text/plain; charset=utf-8',
  'text/html; charset="iso-8859-1"',
  'application/octet-stream',
  'image/png; name="a;b.png"',
  'Text/X-Own (comment)',
  undefined,
]
const LABELS = ['7bit', '8bit', '8bit', 'BINARY', '8-bit', ' 8bit (as it is)', undefined, undefined]
const ENDS = [
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n\r\n',
  '\r\n.\r\n',
  '\r\n \r\n',
  '\r\n\t\r\n',
  '\r\n--\r\n',
  '\r\n--x\r\n',
  '=\r\n',
]

/**
 * @param {import('./fuzz-dice.mjs').Dice} dice
 * @returns {{ octets: Buffer, tree: object, bare: boolean, sealed: boolean }} `tree` is what the parts hold; `bare`: some lines of texts do not
 * end with CRLF
 */
export function rawBy(dice) {
  const maker = new Maker(dice)
  const { text, tree } = maker.entity(0, true)
  const head = `From: a@example.com\r\nSubject: ${dice.pick(['x', 'y\r\n folded', '=?utf-8?q?x?='])}\r\n${dice.one(3) ? '' : 'MIME-Version: 1.0\r\n'}`
  return { octets: Buffer.from(head + text, 'latin1'), tree, sealed: maker.sealed }
}

class Maker {
  sealed = false
  #boundaries = 0

  constructor(dice) {
    this.dice = dice
    this.texts = new Texts(dice, 0)
  }

  entity(depth, isWhole) {
    const { dice } = this
    if (depth < 3 && dice.one(isWhole ? 2 : 4)) return this.#multipart(depth)
    if (depth < 3 && dice.one(10)) return this.#message(depth)
    return this.#leaf(isWhole)
  }

  #multipart(depth) {
    const { dice } = this
    const boundary = `${dice.pick(['b', '=_x', "a'()+_,-./:=?", 'x y', '--'])}${this.#boundaries++}${dice.one(9) ? 'z'.repeat(50) : ''}`
    const sealed = dice.one(15)
    this.sealed ||= sealed
    const parts = Array.from({ length: 1 + dice.int(3) }, () => this.entity(depth + 1, false))
    const type = sealed
      ? 'multipart/signed; protocol="x/y"'
      : dice.pick(['multipart/mixed', 'Multipart/Alternative', 'multipart/x-own'])
    const label = dice.one(3) ? `Content-Transfer-Encoding: ${dice.pick(['8bit', '7bit', 'binary'])}\r\n` : ''
    const around = () => (dice.one(4) ? `${this.#line()}${this.#line()}`.replaceAll('--', '++') : '')
    const before = around()
    const body = parts.map(({ text }) => `--${boundary}${dice.one(9) ? '  ' : ''}\r\n${text}`).join('\r\n')
    const text = `Content-Type: ${type};\r\n boundary="${boundary}"\r\n${label}\r\n${before}${before === '' || before.endsWith('\r\n') ? '' : '\r\n'}${body}\r\n--${boundary}--\r\n${around()}`
    return { text, tree: { sealed, parts: parts.map(({ tree }) => tree) } }
  }

  #message(depth) {
    const inner = this.entity(depth + 1, true)
    const text = `Content-Type: message/rfc822\r\n${this.dice.one(2) ? 'Content-Transfer-Encoding: 8bit\r\n' : ''}\r\nFrom: b@example.com\r\n${inner.text}`
    return { text, tree: { message: inner.tree } }
  }

  #leaf(isWhole) {
    const { dice } = this
    const type = dice.pick(TYPES)
    const fields = type === undefined ? '' : `Content-Type: ${type}\r\n`
    const other = dice.one(4) ? 'Content-Description: x\r\n y\r\n' : ''
    const kind = dice.int(8)
    if (kind === 0) {
      const octets = dice.octets(dice.int(200))
      const digits = octets.toString('base64').replace(dice.one(2) ? /.{1,76}/g : /.{1,60}/g, '$&\r\n')
      const body = dice.one(2) ? digits : digits.replace(/\r\n$/, '')
      return this.#made(`${fields}Content-Transfer-Encoding: base64\r\n${other}`, body, octets, isWhole)
    }
    const lines = this.#lines()
    if (kind === 1) {
      const octets = Buffer.from(lines, 'latin1')
      return this.#made(
        `${fields}Content-Transfer-Encoding: Quoted-Printable\r\n${other}`,
        quoted(octets),
        octets,
        isWhole,
      )
    }
    const label = dice.pick(LABELS)
    const encoding = label === undefined ? '' : `Content-Transfer-Encoding: ${label}\r\n`
    return this.#made(fields + encoding + other, lines, Buffer.from(lines, 'latin1'), isWhole)
  }

  #made(fields, body, octets, isWhole) {
    return { text: `${fields}\r\n${body}`, tree: { body, octets, isWhole } }
  }

  #lines() {
    let lines = ''
    for (let left = this.dice.int(5); left > 0; left--) lines += this.#line()
    return this.dice.one(3) ? lines : lines.replace(/\r\n$/, '')
  }

  /** A line of octets: ASCII, UTF-8, other charsets, NUL, of any length. */
  #line() {
    const { dice, texts } = this
    const kind = dice.int(10)
    const end = dice.pick(ENDS)
    if (kind < 5) return Buffer.from(texts.pieces(6).toWellFormed()).toString('latin1') + end
    if (kind === 5)
      return (
        dice
          .octets(dice.int(120))
          .toString('latin1')
          .replace(/[\r\n]/g, '?') + end
      )
    if (kind === 6)
      return `${'x'.repeat(dice.pick([75, 76, 77, 990, 998, 999, 1200]))}${dice.one(2) ? '\xfc' : ''}${end}`
    if (kind === 7) return `a\0b${end}`
    if (kind === 8) return `${' '.repeat(dice.int(90))}${dice.one(2) ? '\t' : ''}${end}`
    return `${'\xe4\xf6 '.repeat(dice.int(500))}${end}`
  }
}

/** Quoted-printable, not always in short lines. */
function quoted(octets) {
  let out = ''
  for (const line of octets.toString('latin1').split('\r\n')) {
    const safe = line.replace(
      /[^ -<>-~]|[ \t]$/g,
      (one) => `=${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
    out += `${safe.replace(/(?:[^=]|=..){1,70}/g, (run, at) => (at === 0 ? run : `=\r\n${run}`))}\r\n`
  }
  return out.slice(0, -2)
}

/** A header section with address fields, for the envelope; texts of them in their order. */
export function addressedBy(dice) {
  const texts = new Texts(dice, 0)
  const list = () => Array.from({ length: 1 + dice.int(3) }, () => (dice.one(6) ? texts.group() : texts.mailbox()))
  const fields = [['From', texts.mailbox()]]
  for (const name of ['To', 'Cc', 'Bcc', 'Reply-To'])
    if (dice.one(2)) fields.push([name, list().join(dice.pick([', ', ',', ',\r\n ', ', \r\n\t']))])
  return fields
}

/** Octets that may be no message at all. */
export function rubbishBy(dice) {
  const { octets } = rawBy(dice)
  const kind = dice.int(6)
  if (kind === 0) return dice.octets(dice.int(400))
  if (kind === 1) return octets.subarray(0, dice.int(octets.length))
  let text = octets.toString('latin1')
  for (let left = 1 + dice.int(4); left > 0; left--) {
    const at = dice.int(text.length + 1)
    const piece = dice.pick([
      ...FORBIDDEN_PIECES,
      ...PIECES,
      '\r',
      '\n',
      '\r\n',
      '\r\n\r\n',
      '--b0',
      '\r\n--b0--',
      'Content-Type: multipart/mixed; boundary=b0\r\n\r\n',
    ])
    text =
      text.slice(0, at) +
      Buffer.from(piece.toWellFormed()).toString('latin1') +
      text.slice(dice.one(2) ? at : at + dice.int(30))
  }
  return Buffer.from(text, 'latin1')
}
