import type { Reply } from '@posthorn/ground'
import { printable } from './reply-parser.js'

/** Shorter than this it could be part of any text. */
const MIN_LENGTH = 4

/** The secrets of one session, kept out of what the server says: some servers repeat the command they refuse. */
export class Hidden {
  /** The longest first: one may be a part of another. */
  #texts: string[] = []
  readonly #received = new WeakMap<Reply, Reply>()
  /** Replies that hold nothing: servers say the same few again and again, and the parser hands out the same object for them. */
  #clean = new WeakSet<Reply>()

  /** Hides a secret in every form it may come back in: as it is, in base64 of whatever it stands in, hexadecimal, as in a URL or JSON. */
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
    if (this.#texts.length === 0 || this.#clean.has(reply)) return reply
    let lines: string[] | undefined
    reply.lines.forEach((line, index) => {
      const masked = this.maskText(line)
      if (masked === line) return
      lines ??= [...reply.lines]
      lines[index] = masked
    })
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
    let masked = text
    for (const hidden of this.#texts) if (masked.includes(hidden)) masked = masked.replaceAll(hidden, '***')
    return masked
  }

  /** A masked reply as it was received, for a mechanism that must read every octet of a challenge. Never to be shown. */
  received(reply: Reply): Reply {
    return this.#received.get(reply) ?? reply
  }

  #hide(texts: Iterable<string>): void {
    const all = new Set(this.#texts)
    for (const text of texts) if (text.length >= MIN_LENGTH) all.add(text)
    if (all.size === this.#texts.length) return
    this.#texts = [...all].sort((a, b) => b.length - a.length)
    this.#clean = new WeakSet()
  }
}

function* formsOf(secret: string): Generator<string, void, undefined> {
  const octets = Buffer.from(secret, 'utf8')
  yield secret
  yield printable(octets.toString('utf8')) // as a reply that repeats it is read
  for (const text of base64Forms(octets)) {
    yield text
    yield text.replaceAll('+', '-').replaceAll('/', '_')
  }
  const hex = octets.toString('hex')
  yield hex
  yield hex.toUpperCase()
  const everyOctet = hex.replace(/../g, '%$&')
  for (const text of [encodeURIComponent(secret.toWellFormed()), formEncoded(secret), everyOctet]) {
    yield text
    yield text.replace(/%[0-9A-Fa-f]{2}/g, (escape) => escape.toLowerCase())
    yield text.replace(/%[0-9A-Fa-f]{2}/g, (escape) => escape.toUpperCase())
  }
  const json = JSON.stringify(secret).slice(1, -1)
  const ascii = json.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  for (const text of [json, ascii]) {
    yield text
    yield text.replaceAll('/', '\\/')
  }
}

/** The whole with its padding, and what is the same wherever the octets stand in longer ones: they begin at one of three places of a quantum. */
function* base64Forms(octets: Buffer): Generator<string, void, undefined> {
  yield octets.toString('base64')
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), octets]).toString('base64')
    yield text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + octets.length) * 8) / 6))
  }
}

function formEncoded(secret: string): string {
  return new URLSearchParams({ x: secret }).toString().slice(2)
}
