import type { XMLParser } from 'fast-xml-parser'

/** An element as far as discovery needs it: names without prefix and in lower case. */
export interface XmlNode {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlNode[]
  /** Its own text, trimmed; a reference that is none of the predefined ones stays as it is written. */
  readonly text: string
}

/** Deeper or more elements are refused; real documents have some ten and some hundred. */
const MAX_DEPTH = 20
const MAX_ELEMENTS = 5_000

/**
 * The root of a document that a server answered with; undefined when it is none. There is no DTD: a document with one is refused, and
 * nothing is declared, expanded or fetched. It is more lenient than an importer: texts that nobody reads may have references that do not exist,
 * as some in the public list have.
 */
export async function readXmlDocument(text: string): Promise<XmlNode | undefined> {
  const document = text.replace(/^\ufeff/, '')
  const markup = document.replace(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>/g, '')
  if (!/^\s*</.test(document) || /<!/.test(markup) || isTooMuch(markup)) return undefined
  const { XMLParser, XMLValidator } = await import('fast-xml-parser') // here, so that mail by SMTP does not load it
  if (XMLValidator.validate(document) !== true) return undefined
  parser ??= new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    transformTagName: (name) => `.${name}`, // so that no name is one of ours
    textNodeName: '#text',
    trimValues: true,
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: MAX_DEPTH + 1,
  })
  try {
    const nodes = parser.parse(document) as Raw[]
    const root = nodes.find((node) => nameOf(node) !== undefined)
    return root && nodeOf(root)
  } catch {
    return undefined // the library says no in ways of its own, and nothing in the document is worth repeating
  }
}

let parser: XMLParser | undefined

type Raw = Readonly<Record<string, unknown>>

/** Counted before anything is built. */
function isTooMuch(markup: string): boolean {
  let [depth, elements] = [0, 0]
  for (const [tag] of markup.matchAll(/<[^<>]*>?/g)) {
    if (tag.startsWith('<?')) continue
    if (tag.startsWith('</')) depth--
    else {
      elements++
      if (!tag.endsWith('/>')) depth++
    }
    if (depth > MAX_DEPTH || elements > MAX_ELEMENTS) return true
  }
  return false
}

const nameOf = (node: Raw) => Object.keys(node).find((key) => key.startsWith('.'))

function nodeOf(node: Raw): XmlNode {
  const key = nameOf(node)!
  const inner = node[key] as Raw[]
  const text = inner.map((each) => ('#text' in each ? String(each['#text']) : '')).join('')
  const attributes = Object.entries((node[':@'] ?? {}) as Record<string, unknown>)
  return {
    name: bare(key),
    attributes: new Map(attributes.map(([name, value]) => [bare(name), resolved(String(value))])),
    children: inner.filter((each) => nameOf(each) !== undefined).map(nodeOf),
    text: resolved(text).trim(),
  }
}

/** `.a:Response` is `response`. */
const bare = (name: string) => name.replace(/^\.*(?:[^:]*:)?/, '').toLowerCase()

const PREDEFINED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function resolved(text: string): string {
  return text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-fA-F]{1,6}));/g, (whole, name, decimal, hex) => {
    if (typeof name === 'string') return PREDEFINED[name]!
    const point = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16)
    return point > 0 && point <= 0x10_ff_ff ? String.fromCodePoint(point) : whole
  })
}

/** The elements below one, by name. */
export function childrenOf(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  return node?.children.filter((child) => child.name === name) ?? []
}

/** The text of the first element of a name; undefined when there is none, or it is empty. */
export function textOf(node: XmlNode, name: string): string | undefined {
  const text = childrenOf(node, name)[0]?.text
  return text === '' ? undefined : text
}
