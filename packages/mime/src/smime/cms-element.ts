import { der } from './der.js'
import { malformed, type Element } from './ber-reader.js'

/** An AlgorithmIdentifier, RFC 5280 4.1.1.2. */
export interface Algorithm {
  /** Dotted. */
  readonly oid: string
  readonly parameters: Element | undefined
}

/** The members of an encoding that is made of encodings. */
export function membersOf(element: Element | undefined, tag: number, name: string): readonly Element[] {
  if (!element || element.tag !== tag || element.content instanceof Uint8Array) throw malformed(`has no ${name}`)
  return element.content
}

/** The octets of a primitive value. */
export function valueOf(element: Element | undefined, tag: number, name: string): Uint8Array {
  if (!element || element.tag !== tag || !(element.content instanceof Uint8Array)) throw malformed(`has no ${name}`)
  return element.content
}

/** The octets of an OCTET STRING, in one piece or many; `tag` for an implicit one, in its primitive form. */
export function octetsOf(element: Element | undefined, name: string, tag = 4): Uint8Array {
  if (element?.tag === tag && element.content instanceof Uint8Array) return element.content
  const parts = membersOf(element, tag | 32, name)
  return Buffer.concat(parts.map((part) => octetsOf(part, name)))
}

/** The members of an algorithm identifier. */
export function algorithmOf(element: Element | undefined, name: string, tag = 48): Algorithm {
  const [id, parameters] = membersOf(element, tag, name)
  return { oid: dotted(valueOf(id, 6, name)), parameters }
}

/** What is held as one encoding, such as a certificate or an attribute, has a handful of members at each level. */
const MAX_MEMBERS = 4096

/** The encoding with definite lengths, which DER is when the rest of it is DER. `tag` for another one than its own. */
export function derOf(element: Element, tag = element.tag): Buffer {
  const { content } = element
  if (content instanceof Uint8Array) return der(tag, content)
  if (content.length > MAX_MEMBERS) throw malformed(`has a part that is made of more than ${MAX_MEMBERS} others`)
  return der(tag, ...content.map((member) => derOf(member)))
}

/** The dotted numbers of an OBJECT IDENTIFIER. */
export function dotted(content: Uint8Array): string {
  const arcs: bigint[] = []
  let arc = 0n
  if (content.length === 0 || content.length > 64 || content.at(-1)! > 127) throw malformed('has no object identifier')
  for (const octet of content) {
    arc = (arc << 7n) | BigInt(octet & 127)
    if (octet > 127) continue
    arcs.push(arc)
    arc = 0n
  }
  const [first = 0n, ...rest] = arcs
  const root = first < 80n ? first / 40n : 2n
  return [root, first - 40n * root, ...rest].join('.')
}

/** Whether the parameters of an algorithm are absent or NULL, which mean the same to many. */
export function withoutParameters({ parameters }: Algorithm): boolean {
  return parameters === undefined || parameters.tag === 5
}
