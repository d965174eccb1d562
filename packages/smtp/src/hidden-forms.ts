import { printable } from './reply-parser.js'

/** A secret in every form a server may repeat it in: as it is, in base64 of whatever it stands in, hexadecimal, as in a URL or JSON. */
export function* formsOf(secret: string): Generator<string, void, undefined> {
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
