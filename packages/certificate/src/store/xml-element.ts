import { BerError } from '../asn1/ber-reader.js'

/** An element of XML: its local name, its text without comments, its elements in their order. */
export interface XmlElement {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** A key of 16384 bits with all its numbers has some 20 KiB. */
const MAX_CHARACTERS = 256 * 1024
/** Bounds the depth, too. */
const MAX_TAGS = 500
const MAX_TAG_CHARACTERS = 500

/** `<`, a slash at the end of an element, the name, attributes, a slash when it is empty, `>`. */
const TAG = /^<(\/?)(?:[\w.-]+:)?([\w.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>$/

/**
 * Reads as much of XML as keys are written in: elements, attributes, which are passed over and have no `>` in them, text, comments and a declaration. Names are ASCII,
 * and a prefix is taken off. There are no entities (`&` stays as it is), no document types and no CDATA sections. One pass.
 * @throws {BerError} for anything else, more than 256 KiB, 500 tags, or 500 characters in a tag; nothing of the text stands in it
 */
export function readXml(text: string): XmlElement {
  if (text.length > MAX_CHARACTERS) throw new BerError('it is larger than 256 KiB')
  const top: Open = { name: '', text: '', children: [] }
  const open = [top]
  let at = 0
  for (let tags = 0; ; tags++) {
    const start = text.indexOf('<', at)
    const around = open.at(-1)!
    around.text += text.slice(at, start < 0 ? undefined : start)
    if (start < 0) break
    if (tags === MAX_TAGS) throw new BerError(`it has more than ${MAX_TAGS} tags`)
    at = endOf(text, start)
    if (text[start + 1] === '!' || text[start + 1] === '?') continue
    const [, closes, name, attributes, isEmpty] = TAG.exec(text.slice(start, at)) ?? []
    if (name === undefined) throw malformed()
    if (closes === '') {
      const element: Open = { name, text: '', children: [] }
      around.children.push(element)
      if (isEmpty === '') open.push(element)
    } else if (attributes !== '' || isEmpty !== '' || open.pop()!.name !== name || open.length === 0) throw malformed()
  }
  const [root] = top.children
  if (!root || top.children.length > 1 || open.length > 1 || top.text.trim() !== '') throw malformed()
  return root
}

/** An element that has not ended yet. */
interface Open extends XmlElement {
  text: string
  readonly children: Open[]
}

/** Where the tag, the comment or the declaration ends. */
function endOf(text: string, start: number): number {
  const [end, most] = text.startsWith('<!--', start)
    ? ['-->', MAX_CHARACTERS]
    : text.startsWith('<?', start)
      ? ['?>', MAX_TAG_CHARACTERS]
      : ['>', MAX_TAG_CHARACTERS]
  if (text[start + 1] === '!' && end === '>') throw new BerError('it has a document type or a CDATA section')
  const found = text.indexOf(end, end === '-->' ? start + '<!--'.length : start)
  if (found < 0) throw malformed()
  if (found - start > most) throw new BerError(`it has a tag of more than ${MAX_TAG_CHARACTERS} characters`)
  return found + end.length
}

function malformed(): BerError {
  return new BerError('it is no well-formed XML')
}
