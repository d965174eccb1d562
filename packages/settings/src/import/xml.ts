import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { bounded, malformed } from './report.js'

/** An element of an XML document. */
export interface XmlElement {
  /** As it is written, with its prefix. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** Its own text with the CDATA sections in it, exactly: only references are resolved, and line ends are LF. */
  readonly text: string
  /** Where it begins, from 1. */
  readonly line: number
}

/** The deepest nesting and the most elements that are read. */
export const MAX_XML_DEPTH = 50
export const MAX_XML_ELEMENTS = 100_000

/**
 * The root element of an XML document (XML 1.0). There is no DTD: a document with one is refused, so that nothing is declared, expanded
 * or fetched; the five predefined entities and character references are all there is. What is read never stands in a message.
 * @param entry what the document is called in messages
 * @throws {SettingsError} `import.format` with the line: not well-formed, a DTD, too long, too deep, too many elements
 */
export function readXml(text: string, entry: string): XmlElement {
  const document = bounded(text, entry).replace(/\r\n?/g, '\n')
  refuseWhatIsPassed(document, entry)
  const judged = XMLValidator.validate(document)
  // its words repeat the text, which may be a password: only the line and the kind of mistake are told
  if (judged !== true) throw broken(entry, judged.err.line, MISTAKES.get(judged.err.code) ?? 'it')
  let read: ParsedNode[]
  try {
    read = PARSER.parse(document) as ParsedNode[]
  } catch {
    throw malformed(entry, 'is not well-formed XML', FIX)
  }
  const root = read.find((node) => isElement(node))
  if (!root) throw malformed(entry, 'has no element', FIX)
  return elementOf(root, new Lines(document), entry)
}

/** A text as it stands between tags or in an attribute; what XML cannot hold is refused by `readXml`. */
export function xmlText(text: string): string {
  return text.replace(/[&<>"'\r]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

/** True when every character of a text may stand in an XML document. */
export function fitsXml(text: string): boolean {
  return !NOT_XML.test(text)
}

const FIX = 'Open it in an XML editor and correct it, or export it again.'
const NOT_XML = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
const MISTAKES = new Map([
  ['InvalidTag', 'a tag'],
  ['InvalidAttr', 'an attribute'],
  ['InvalidChar', 'a character'],
])

/** What stands before a name while it is a key of an object, so that `__proto__` is a name like any other; no name begins like that. */
const BEFORE_NAMES = '.'
const TEXT = '#text'
const CDATA = '#cdata'
const ATTRIBUTES = ':@'

type ParsedNode = Readonly<Record<string, unknown>>

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: BEFORE_NAMES,
  transformTagName: (name) => `${BEFORE_NAMES}${name}`,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  captureMetaData: true,
  maxNestedTags: MAX_XML_DEPTH + 1,
  jPath: false,
})
const PLACE = XMLParser.getMetaDataSymbol() as unknown as symbol

/** One walk over the markup for what the library lets pass: a DTD, text beside the root, `<` in attributes, what is too deep or too much. */
function refuseWhatIsPassed(text: string, entry: string): void {
  const at = text.search(NOT_XML)
  if (at >= 0) throw broken(entry, lineAt(text, at), 'a character that XML does not have', 'Save the file as UTF-8.')
  let [depth, elements, roots, end] = [0, 0, 0, 0]
  for (let start = text.indexOf('<'); start >= 0; start = text.indexOf('<', end)) {
    const between = text.slice(end, start)
    if (between.includes(']]>') || (depth === 0 && /[^\t\n ]/.test(between))) {
      throw broken(entry, lineAt(text, start), depth === 0 ? 'text outside the root element' : ']]>')
    }
    end = markupEnd(text, start, entry)
    if (text[start + 1] === '?' || text[start + 1] === '!') {
      if (depth === 0 && text.startsWith('<![', start))
        throw broken(entry, lineAt(text, start), 'text outside the root element')
      continue
    }
    if (text[start + 1] === '/') {
      depth--
      continue
    }
    if (depth === 0 && ++roots > 1) throw broken(entry, lineAt(text, start), 'a second root element')
    if (++elements > MAX_XML_ELEMENTS) throw malformed(entry, `has more than ${MAX_XML_ELEMENTS} elements`, ALONE)
    if (text[end - 2] === '/') continue
    if (++depth > MAX_XML_DEPTH) throw malformed(entry, `is nested deeper than ${MAX_XML_DEPTH} elements`, ALONE)
  }
  if (/[^\t\n ]/.test(text.slice(end))) throw broken(entry, lineAt(text, end), 'text outside the root element')
}

const ALONE = 'Import the mail settings alone.'

/** Where a comment, section, instruction or tag ends. */
function markupEnd(text: string, start: number, entry: string): number {
  const closed = (opening: string, closing: string) => {
    const end = text.indexOf(closing, start + opening.length)
    if (end < 0) throw broken(entry, lineAt(text, start), `${opening} without ${closing}`)
    return end + closing.length
  }
  if (text.startsWith('<!--', start)) {
    const end = closed('<!--', '-->')
    if (text.slice(start + 4, end - 3).includes('--')) throw broken(entry, lineAt(text, start), '-- in a comment')
    return end
  }
  if (text.startsWith('<![CDATA[', start)) return closed('<![CDATA[', ']]>')
  if (text[start + 1] === '!') {
    throw malformed(
      entry,
      `has a document type declaration or another declaration in line ${lineAt(text, start)}`,
      NO_DTD,
    )
  }
  if (text[start + 1] === '?') {
    const end = closed('<?', '?>')
    // the library looks for the end behind the closing quote, others look for the first one
    if (/["']/.test(text.slice(start, end).replace(/"[^"]*"|'[^']*'/g, ''))) {
      throw broken(entry, lineAt(text, start), 'a quote in an instruction')
    }
    return end
  }
  return tagEnd(text, start, entry)
}

const NO_DTD = 'Take <!DOCTYPE ...> and its entities out; they are never read.'

/** A tag, its values taken out (XML 1.0 3.1); what a name may be the library judges. */
const TAG = /^<(?:[^\s=/"<>]+(?:\s+[^\s=/"<>]+\s*=\s*"")*\s*\/?|\/[^\s=/"<>]+\s*)>$/

function tagEnd(text: string, start: number, entry: string): number {
  let quote = ''
  for (let at = start + 1; at < text.length; at++) {
    const sign = text[at]!
    if (sign === '<') break
    if (quote !== '') {
      if (sign === quote) quote = ''
    } else if (sign === '>') {
      const tag = text.slice(start, at + 1).replace(/"[^"]*"|'[^']*'/g, '""')
      if (TAG.test(tag)) return at + 1
      throw broken(entry, lineAt(text, start), /^<[^\s=/"<>]+\s/.test(tag) ? 'an attribute' : 'a tag')
    } else if (sign === '"' || sign === "'") quote = sign
  }
  throw broken(entry, lineAt(text, start), 'a tag')
}

function elementOf(node: ParsedNode, lines: Lines, entry: string): XmlElement {
  const key = Object.keys(node).find((each) => each !== ATTRIBUTES)!
  const line = lines.at(((node as Record<symbol, unknown>)[PLACE] as { startIndex: number }).startIndex)
  const children: XmlElement[] = []
  let text = ''
  for (const inner of node[key] as ParsedNode[]) {
    if (TEXT in inner) text += resolved(inner[TEXT] as string, line, entry)
    else if (CDATA in inner) text += (inner[CDATA] as ParsedNode[]).map((part) => part[TEXT] as string).join('')
    else children.push(elementOf(inner, lines, entry))
  }
  const attributes = Object.entries((node[ATTRIBUTES] ?? {}) as Record<string, string>).map(
    ([name, value]) => [bare(name), resolved(value.replace(/[\t\n]/g, ' '), line, entry)] as const,
  )
  return { name: bare(key), attributes: Object.fromEntries(attributes), children, text, line }
}

const isElement = (node: ParsedNode) => Object.keys(node).some((key) => key.startsWith(BEFORE_NAMES))

/** An empty element has been marked twice. */
const bare = (name: string) => name.replace(/^\.+/, '')

const PREDEFINED = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** Text with its references resolved (XML 1.0 4.1, 4.6). */
function resolved(text: string, line: number, entry: string): string {
  return text.replace(/&(?:([A-Za-z]{2,4}|#\d{1,7}|#x[\dA-Fa-f]{1,6});)?/g, (_, name: string | undefined) => {
    const character = name === undefined ? undefined : (PREDEFINED.get(name) ?? characterOf(name))
    if (character === undefined) throw broken(entry, line, 'an entity or reference')
    return character
  })
}

function characterOf(reference: string): string | undefined {
  if (!reference.startsWith('#')) return undefined
  const hex = reference[1] === 'x'
  const point = Number.parseInt(reference.slice(hex ? 2 : 1), hex ? 16 : 10)
  if (point > 0x10_ff_ff) return undefined
  const character = String.fromCodePoint(point)
  return fitsXml(character) ? character : undefined
}

function broken(entry: string, line: number, what: string, hint = FIX): Error {
  return malformed(entry, `is not well-formed XML: ${what} in line ${line}`, hint)
}

const lineAt = (text: string, at: number) => text.slice(0, at).split('\n').length

/** Line numbers of places that are asked for from first to last. */
class Lines {
  readonly #text: string
  #line = 1
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  at(place: number): number {
    for (
      let next = this.#text.indexOf('\n', this.#at);
      next >= 0 && next < place;
      next = this.#text.indexOf('\n', this.#at)
    ) {
      this.#line++
      this.#at = next + 1
    }
    return this.#line
  }
}
