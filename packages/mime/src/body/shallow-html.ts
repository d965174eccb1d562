/** Deeper elements are left out, and what is in them; a tree this deep is walked in no time. */
const MAX_DEPTH = 110
/** Each takes its time when the text is laid out. */
const MAX_ELEMENTS = 10_000
/** Of lists and quotations in each other: each puts something before every line of those within. */
const MAX_INDENTS = 8

const list = (names: string) => new Set(names.split(' '))
const VOID = list(
  'area base basefont br col command embed frame hr img input isindex keygen link meta param source track wbr',
)
/** What is in these is no markup, and none of it is shown. */
const SKIPPED = list('script style title noembed noframes iframe xmp svg math template')
const KEPT_ATTRIBUTES = list('href src alt colspan rowspan start type')
const BLOCKS =
  'address article aside blockquote center details dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr main ' +
  'menu nav ol p pre section table ul'
const INDENTS = list('blockquote ul ol dir menu')
const P = list('p')
const ITEM = list('dd dt')
/** Which elements end, when they are the innermost, where another begins (HTML 13.1.2.4). */
const ENDS = new Map<string, ReadonlySet<string>>([
  ...BLOCKS.split(' ').map((name) => [name, P] as const),
  ['li', list('li p')],
  ['dd', ITEM],
  ['dt', ITEM],
  ['option', list('option')],
  ['optgroup', list('optgroup option')],
  ['td', list('td th p')],
  ['th', list('td th p')],
  ['tr', list('tr td th p')],
  ['thead', list('thead tbody tr td th p')],
  ['tbody', list('thead tbody tr td th p')],
  ['tfoot', list('thead tbody tr td th p')],
])

/**
 * The same HTML in as few words as a text needs, with every element closed and none deeper than 110: parsers take time that grows with the
 * square of the depth. It takes linear time, whatever it is given. Comments, scripts and styles are left out, and so are attributes that
 * have no meaning for a text. What follows the 10,000th element is left out, and the place marked with "...".
 */
export function shallowHtml(html: string): string {
  const out = new ShallowTree()
  for (let at = 0; at < html.length;) {
    const open = html.indexOf('<', at)
    out.text(html.slice(at, open < 0 ? html.length : open))
    if (open < 0) break
    at = markup(html, open, out)
    if (out.isFull) {
      out.text('<br>...')
      break
    }
  }
  return out.end()
}

/** Takes what begins with "<". @returns where the next begins */
function markup(html: string, open: number, out: ShallowTree): number {
  const next = html.charCodeAt(open + 1)
  if (html.startsWith('<!--', open)) return behind(html, '-->', open + 4)
  if (next === 33 || next === 63) return behind(html, '>', open) // <!DOCTYPE, <?
  const closes = next === 47
  const start = closes ? open + 2 : open + 1
  if (!isLetter(html.charCodeAt(start))) {
    out.text(closes ? '&lt;' : '<')
    return open + 1
  }
  let at = start
  while (at < html.length && !isDelimiter(html.charCodeAt(at))) at++
  const name = html.slice(start, at).toLowerCase()
  const attributes = new Map<string, string>()
  at = readAttributes(html, at, attributes)
  if (at < 0) return html.length // a tag that does not end
  if (closes) out.close(name)
  else if (SKIPPED.has(name)) return behindElement(html, name, at)
  else out.open(name, attributes)
  return at
}

/** @returns where the tag has ended, or -1 */
function readAttributes(html: string, from: number, attributes: Map<string, string>): number {
  let at = from
  for (;;) {
    while (isSpace(html.charCodeAt(at)) || html.charCodeAt(at) === 47) at++
    if (at >= html.length) return -1
    if (html.charCodeAt(at) === 62) return at + 1
    const start = at++ // a name may begin with "="
    while (at < html.length && !isDelimiter(html.charCodeAt(at)) && html.charCodeAt(at) !== 61) at++
    const name = html.slice(start, at).toLowerCase()
    let equals = at
    while (isSpace(html.charCodeAt(equals))) equals++
    if (html.charCodeAt(equals) !== 61) {
      at = equals
      continue
    }
    at = equals + 1
    while (isSpace(html.charCodeAt(at))) at++
    const quote = html[at]
    let end: number
    if (quote === '"' || quote === "'") {
      end = html.indexOf(quote, ++at)
      if (end < 0) return -1
    } else for (end = at; end < html.length && !isSpace(html.charCodeAt(end)) && html.charCodeAt(end) !== 62;) end++
    if (KEPT_ATTRIBUTES.has(name) && !attributes.has(name)) attributes.set(name, html.slice(at, end))
    at = html[end] === quote ? end + 1 : end
  }
}

/** The elements that are open, of which only the outer ones are written. */
class ShallowTree {
  readonly #open: string[] = []
  readonly #count = new Map<string, number>()
  #out = ''
  #isCut = false
  #elements = 0
  #indents = 0

  text(text: string): void {
    if (this.#open.length <= MAX_DEPTH) this.#out += text
    else if (!this.#isCut && text.trim() !== '') {
      this.#out += '...'
      this.#isCut = true
    }
  }

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    const ends = ENDS.get(name)
    if (ends)
      for (let last = this.#open.at(-1); last !== undefined && ends.has(last); last = this.#open.at(-1)) this.#pop()
    const isVoid = VOID.has(name)
    if (!isVoid) {
      this.#open.push(name)
      this.#count.set(name, (this.#count.get(name) ?? 0) + 1)
    }
    if (this.#open.length > MAX_DEPTH) return
    if (INDENTS.has(name) && this.#indents++ >= MAX_INDENTS) return
    this.#elements++
    this.#isCut = false
    this.#out += `<${name}`
    for (const [key, value] of attributes) this.#out += ` ${key}="${value.replaceAll('"', '&quot;')}"`
    this.#out += '>'
  }

  close(name: string): void {
    if (name === 'br') this.open(name, new Map())
    if ((this.#count.get(name) ?? 0) === 0) return
    while (this.#pop() !== name);
  }

  get isFull(): boolean {
    return this.#elements >= MAX_ELEMENTS
  }

  end(): string {
    while (this.#open.length > 0) this.#pop()
    return this.#out
  }

  #pop(): string | undefined {
    const name = this.#open.pop()
    if (name === undefined) return undefined
    this.#count.set(name, (this.#count.get(name) ?? 1) - 1)
    if (this.#open.length >= MAX_DEPTH || (INDENTS.has(name) && --this.#indents >= MAX_INDENTS)) return name
    this.#out += `</${name}>`
    return name
  }
}

function behind(html: string, end: string, from: number): number {
  const found = html.indexOf(end, from)
  return found < 0 ? html.length : found + end.length
}

/** Where an element without markup has ended. */
function behindElement(html: string, name: string, from: number): number {
  const end = new RegExp(`</${name}`, 'gi')
  end.lastIndex = from
  return end.exec(html) ? behind(html, '>', end.lastIndex) : html.length
}

const isSpace = (unit: number) => unit === 32 || (unit >= 9 && unit <= 13)
const isLetter = (unit: number) => (unit | 32) >= 97 && (unit | 32) <= 122
const isDelimiter = (unit: number) => isSpace(unit) || unit === 47 || unit === 62
