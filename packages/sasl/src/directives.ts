/** One `name=value` of a DIGEST-MD5 message (RFC 2831 2.1.1); the name in lower case, a quoted value without its quotes. */
export interface Directive {
  readonly name: string
  readonly value: string
  readonly quoted: boolean
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const QUOTED = /"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x00-\x7f])*)"/y
/** Spaces and empty elements (RFC 2831 7.1: `1#element`). */
const GAP = /[ \t\r\n]*/y

/**
 * Reads the list of directives strictly: names are tokens, values tokens or quoted strings, commas between, nothing else.
 * @param text octets as Latin-1 or UTF-8 text
 * @returns undefined for anything else
 */
export function readDirectives(text: string): Directive[] | undefined {
  const directives: Directive[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at = pattern.lastIndex
    return found
  }
  for (;;) {
    take(GAP)
    if (text[at] === ',') {
      at++
      continue
    }
    if (at === text.length) return directives
    const name = take(TOKEN)?.[0]
    take(GAP)
    if (name === undefined || text[at++] !== '=') return undefined
    take(GAP)
    const quoted = take(QUOTED)
    const value = quoted ? quoted[1]!.replace(/\\(.)/gs, '$1') : take(TOKEN)?.[0]
    if (value === undefined) return undefined
    directives.push({ name: name.toLowerCase(), value, quoted: quoted !== null })
    take(GAP)
    if (at < text.length && text[at] !== ',') return undefined
  }
}
