/** A media type as it was read, RFC 2045 5.1. */
export interface MediaType {
  /** `type/subtype` in lower case; empty when it cannot be read. */
  readonly value: string
  /** Names in lower case, sections put together and decoded (RFC 2231). Of several with one name the first. */
  readonly parameters: ReadonlyMap<string, string>
}

/** A media type that readers may understand in more than one way. */
export interface ReadMediaType extends MediaType {
  /** Why they may; goes on from "has a content type". */
  readonly doubt: string | undefined
  /** All values of a parameter that some reader might take. */
  allOf(name: string): readonly string[]
}

const TYPE = /[^\s/;()"=,]+/y
const NAME = /[^\s=;"()]+/y
const TOKEN = /[^\s;"()]*/y
const QUOTED = /"([^"\\]*(?:\\[^][^"\\]*)*)"/y
const MAX_PARAMETERS = 100
const NUMBERED = /^([^*]+)(?:\*(\d{1,3}))?(\*)?$/

/**
 * Reads a media type, or a disposition, which is written alike but for the stroke: with comments and white space between its tokens,
 * and parameters in sections or in other charsets. Never throws: what is not written as it should be is a doubt.
 */
export function readMediaType(text: string): ReadMediaType {
  const reader = new TokenReader(text)
  const value = reader.type().toLowerCase()
  const found: (readonly [name: string, value: string])[] = []
  while (reader.nextParameter() && found.length < MAX_PARAMETERS) {
    const parameter = reader.parameter()
    if (parameter) found.push(parameter)
  }
  const parameters = new Map<string, string>()
  let { doubt } = reader
  if (found.length === MAX_PARAMETERS) doubt ??= 'with a hundred parameters'
  for (const name of new Set(found.map(([name]) => baseOf(name)))) {
    const one = putTogether(found.filter(([other]) => baseOf(other) === name))
    if (one.doubtful) doubt ??= `that names ${name.slice(0, 40)} twice, or in a way that is not clear`
    parameters.set(name, one.value)
  }
  if (/\s$/.test(parameters.get('boundary') ?? '')) doubt ??= 'with a boundary that ends with white space'
  return {
    value,
    parameters,
    doubt,
    allOf: (name) => {
      const whole = parameters.get(name)
      const single = found.filter(([other]) => baseOf(other) === name).map(([, one]) => one)
      return whole === undefined ? [] : [whole, ...single]
    },
  }
}

const baseOf = (name: string) => NUMBERED.exec(name)?.[1] ?? name

/** RFC 2231 3, 4: sections that are numbered from 0, extended ones percent-encoded, the first of these with a charset. */
function putTogether(found: readonly (readonly [name: string, value: string])[]): { value: string; doubtful: boolean } {
  const [first] = found
  if (!first) return { value: '', doubtful: false }
  const sections = found.map(([name, value]) => {
    const [, , number, star] = NUMBERED.exec(name) ?? []
    return { number: number === undefined ? undefined : Number(number), extended: star !== undefined, value }
  })
  const numbers = sections.map(({ number }) => number)
  const whole = sections.length === 1 && numbers[0] === undefined
  const inSections = numbers.every((number) => number !== undefined && number < sections.length && isUnique(number))
  if (!whole && !inSections) return { value: first[1], doubtful: true }
  sections.sort((a, b) => (a.number ?? 0) - (b.number ?? 0))
  let doubtful = sections.some(({ extended, value }) => extended && /%(?![0-9A-Fa-f]{2})/.test(value))
  let charset: string | undefined
  const pieces = sections.map(({ extended, value }) => {
    if (!extended) return Buffer.from(value)
    if (charset !== undefined) return unescaped(value)
    const parts = value.split("'")
    charset = parts.length === 3 ? parts[0]!.toLowerCase() : undefined
    if (charset === undefined || !/^(?:|us-ascii|utf-8|iso-8859-\d+|windows-\d+)$/.test(charset)) doubtful = true
    return unescaped(parts.length === 3 ? parts[2]! : value)
  })
  const octets = Buffer.concat(pieces)
  if (charset !== undefined && charset !== 'utf-8' && octets.some((octet) => octet > 127)) doubtful = true
  return { value: octets.toString('utf8'), doubtful }

  function isUnique(number: number): boolean {
    return numbers.indexOf(number) === numbers.lastIndexOf(number)
  }
}

const unescaped = (text: string) =>
  Buffer.from(
    Buffer.from(text)
      .toString('latin1')
      .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  )

class TokenReader {
  doubt: string | undefined
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  type(): string {
    this.#skip()
    const type = this.#match(TYPE)
    this.#skip()
    if (type === '' || this.#text[this.#at] !== '/') return type
    this.#at++
    this.#skip()
    const subtype = this.#match(TYPE)
    this.#skip()
    return subtype === '' ? '' : `${type}/${subtype}`
  }

  /** Goes behind the next semicolon. */
  nextParameter(): boolean {
    if (this.#at < this.#text.length && this.#text[this.#at] !== ';') {
      this.doubt ??= 'that is not written as one'
      const next = this.#text.indexOf(';', this.#at)
      this.#at = next < 0 ? this.#text.length : next
    }
    if (this.#at >= this.#text.length) return false
    this.#at++
    this.#skip()
    return true
  }

  parameter(): readonly [name: string, value: string] | undefined {
    const name = this.#match(NAME).toLowerCase()
    if (name === '') return undefined // an empty one, or a doubt to whoever looks for a semicolon
    this.#skip()
    if (this.#text[this.#at] !== '=') {
      this.doubt ??= 'that is not written as one'
      return undefined
    }
    this.#at++
    this.#skip()
    const value = this.#text[this.#at] === '"' ? this.#quoted() : this.#token()
    this.#skip()
    return [name, value]
  }

  #token(): string {
    const token = this.#match(TOKEN)
    if (this.#text[this.#at] === '(') this.doubt ??= 'with a parenthesis in a value'
    return token
  }

  #quoted(): string {
    QUOTED.lastIndex = this.#at
    const found = QUOTED.exec(this.#text)
    if (found) {
      this.#at = QUOTED.lastIndex
      return found[1]!.replace(/\\([^])/g, '$1')
    }
    this.doubt ??= 'with a quotation that does not end'
    const rest = this.#text.slice(this.#at + 1)
    this.#at = this.#text.length
    return rest
  }

  /** White space and comments, RFC 5322 3.2.2. */
  #skip(): void {
    for (let depth = 0; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!
      if (character === '(') depth++
      else if (depth === 0) {
        if (!/\s/.test(character)) return
      } else if (character === ')') depth--
      else if (character === '\\') this.#at++
      if (depth > 0 && this.#at >= this.#text.length - 1) this.doubt ??= 'with a comment that does not end'
    }
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }
}
