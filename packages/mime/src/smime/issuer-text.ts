import type { Element } from './ber-reader.js'

const OBJECT_IDENTIFIER = 6
const BMP_STRING = 30
const MAX_CHARACTERS = 200
const MAX_VALUES = 32
const MAX_VALUE_OCTETS = 256

/** A distinguished name for an error: the values of its attributes, the most specific first, such as `Mail CA, Example Ltd`. */
export function issuerText(name: Element): string {
  const texts = leaves(name)
    .filter(({ tag }) => tag !== OBJECT_IDENTIFIER)
    .slice(-MAX_VALUES) // the most specific ones
    .map(({ tag, content }) => readable(tag, content.subarray(0, MAX_VALUE_OCTETS)))
  return texts.reverse().join(', ').slice(0, MAX_CHARACTERS)
}

function leaves({ tag, content }: Element): { tag: number; content: Uint8Array }[] {
  return content instanceof Uint8Array ? [{ tag, content }] : content.flatMap(leaves)
}

/** What could steer a terminal is left out: the name comes from the message. */
function readable(tag: number, content: Uint8Array): string {
  const octets = Buffer.from(content)
  const text =
    tag === BMP_STRING && octets.length % 2 === 0 ? octets.swap16().toString('utf16le') : octets.toString('utf8')
  return text.replaceAll(/\p{C}/gu, '')
}
