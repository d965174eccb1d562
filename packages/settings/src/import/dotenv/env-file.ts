import { malformed } from '../report.js'

/** One variable of a `.env` file. */
export interface EnvEntry {
  readonly name: string
  /** Without quotes and escapes, with the variables of the file filled in. */
  readonly value: string
  /** When the value is nothing but a variable the file does not have: its name. */
  readonly variable?: string | undefined
  readonly line: number
}

const MAX_ENTRIES = 20_000
const MAX_FILLED_CHARACTERS = 1_000_000

const NAME = /(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:=|:[ \t])[ \t]*/y
const QUOTES = `'"\``

/**
 * The variables of a `.env` file: `NAME=value`, with `export`, comments, values in quotes (over several lines) and `${NAME}` of variables
 * that stand above. A line that is none of this is left out, as the programs that read such files do. Linear in the text.
 * @throws {SettingsError} `import.format` beyond the limits
 */
export function envFile(text: string): EnvEntry[] {
  const entries: EnvEntry[] = []
  const known = new Map<string, string>()
  let filled = 0
  let line = 1
  for (let at = 0; at < text.length;) {
    const end = endOfLine(text, at)
    const begin = at + indentOf(text, at, end)
    NAME.lastIndex = begin
    const found = text[begin] === '#' ? null : NAME.exec(text)
    let next = end
    if (found && NAME.lastIndex <= end) {
      const raw = valueAt(text, NAME.lastIndex, end)
      next = endOfLine(text, raw.end)
      const name = found[1]!
      const value = raw.literal ? raw.value : fill(raw.value, known, MAX_FILLED_CHARACTERS - filled)
      const variable = raw.literal ? undefined : /^\$\{([A-Za-z_]\w*)\}$/.exec(raw.value)?.[1]
      if (value !== raw.value) filled += value.length
      known.set(name, value)
      entries.push({
        name,
        value,
        line,
        ...(variable === undefined || known.get(variable) !== undefined ? {} : { variable }),
      })
      if (entries.length > MAX_ENTRIES)
        throw malformed('.env', `has more than ${MAX_ENTRIES} variables`, 'Import the mail settings alone.')
    }
    for (let each = at; each <= next && each < text.length; each++) if (text[each] === '\n') line++
    at = next + 1
  }
  return entries
}

interface RawValue {
  readonly value: string
  /** In single quotes: nothing is filled in. */
  readonly literal: boolean
  readonly end: number
}

function valueAt(text: string, begin: number, endOfThis: number): RawValue {
  const quote = text[begin]
  if (quote !== undefined && QUOTES.includes(quote)) {
    const end = text.indexOf(quote, begin + 1) === -1 ? undefined : closing(text, begin)
    // "Shop" <shop@example.com> begins with a quote and is not in quotes
    if (end !== undefined && /^[ \t]*(?:#|$)/.test(text.slice(end + 1, endOfLine(text, end)).trimEnd())) {
      const inner = text.slice(begin + 1, end).replace(/\r\n/g, '\n')
      return { value: quote === '"' ? unescaped(inner) : inner, literal: quote === "'", end }
    }
  }
  const plain = text.slice(begin, endOfThis)
  const comment = /(?:^|[ \t])#/.exec(plain)?.index ?? plain.length
  return { value: plain.slice(0, comment).trim(), literal: false, end: endOfThis }
}

function closing(text: string, begin: number): number | undefined {
  const quote = text[begin]!
  for (let at = begin + 1; at < text.length; at++) {
    if (text[at] === '\\' && quote === '"') at++
    else if (text[at] === quote) return at
    if (at - begin > MAX_FILLED_CHARACTERS) return undefined
  }
  return undefined
}

function unescaped(text: string): string {
  return text.replace(/\\([nrt"\\$])/g, (_, escape: string) => ({ n: '\n', r: '\r', t: '\t' })[escape] ?? escape)
}

function fill(text: string, known: ReadonlyMap<string, string>, most: number): string {
  if (!text.includes('${')) return text
  let room = most
  return text.replace(/\$\{([A-Za-z_]\w*)(?::?-([^}]*))?\}/g, (_, name: string, otherwise: string | undefined) => {
    const value = known.get(name) ?? otherwise ?? ''
    room -= value.length
    if (room < 0) throw malformed('.env', 'fills in too much', 'Import the mail settings alone.')
    return value
  })
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

function indentOf(text: string, from: number, end: number): number {
  let at = from
  while (at < end && (text[at] === ' ' || text[at] === '\t')) at++
  return at - from
}
