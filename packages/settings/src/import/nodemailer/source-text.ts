/** A text in quotes. */
export interface QuotedText {
  /** What it says; absent for a template with something to be filled in. */
  readonly value?: string | undefined
  /** The variable, for a template that is nothing but `${process.env.NAME}`. */
  readonly env?: string | undefined
  /** Behind the closing quote. */
  readonly end: number
}

/** Behind blanks and comments. */
export function skipBlank(text: string, from: number): number {
  let at = from
  for (;;) {
    while (at < text.length && /\s/.test(text[at]!)) at++
    if (text[at] !== '/') return at
    if (text[at + 1] === '/') at = endOf(text, '\n', at)
    else if (text[at + 1] === '*') at = endOf(text, '*/', at + 2)
    else return at
  }
}

/** The text in quotes that begins here; one in `'` or `"` ends with its line at the latest. */
export function stringAt(text: string, at: number): QuotedText | undefined {
  const quote = text[at]
  if (quote !== "'" && quote !== '"' && quote !== '`') return undefined
  let value = ''
  let filled = false
  let index = at + 1
  for (; index < text.length && text[index] !== quote; index++) {
    const here = text[index]!
    if (here === '\n' && quote !== '`') return { end: index }
    if (here === '$' && text[index + 1] === '{' && quote === '`') filled = true
    if (here !== '\\') value += here
    else {
      const escaped = escapeAt(text, index)
      value += escaped.value
      index = escaped.end - 1
    }
  }
  const end = Math.min(index + 1, text.length)
  if (!filled) return index < text.length ? { value, end } : { end }
  const env = /^\$\{\s*process\.env\.([A-Za-z_]\w*)\s*\}$/.exec(value)?.[1]
  return { ...(env === undefined ? {} : { env }), end }
}

/** Behind an expression: before the comma or the closing bracket that ends it. */
export function skipExpression(text: string, from: number): number {
  let depth = 0
  let at = skipBlank(text, from)
  while (at < text.length) {
    const here = text[at]!
    if (depth === 0 && (here === ',' || here === ';')) return at
    if ('([{'.includes(here)) depth++
    else if (')]}'.includes(here)) {
      if (depth === 0) return at
      depth--
    }
    at = skipBlank(text, stringAt(text, at)?.end ?? at + 1)
  }
  return text.length
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' }

function escapeAt(text: string, at: number): { value: string; end: number } {
  const code = /^\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|u\{([0-9a-f]{1,6})\})/i.exec(text.slice(at, at + 12))
  const number = Number.parseInt(code?.[1] ?? code?.[2] ?? code?.[3] ?? '', 16)
  if (code && number <= 0x10_ff_ff) return { value: String.fromCodePoint(number), end: at + code[0].length }
  const next = text[at + 1] ?? ''
  if (next === '\n') return { value: '', end: at + 2 } // the line goes on
  return { value: Object.hasOwn(ESCAPES, next) ? ESCAPES[next]! : next, end: at + 2 }
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found === -1 ? text.length : found + mark.length
}
