/** One challenge of `Proxy-Authenticate` (RFC 9110 11.3): a scheme with a token, or with parameters. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** The token68 of NTLM and Negotiate. */
  readonly token: string | undefined
  /** Names in lower case; quotes and backslashes are taken off. */
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const SEPARATORS = /[\s,]*/y
const SCHEME = new RegExp(`(${TOKEN})(?:[ \\t]+|(?=,)|$)`, 'y')
const TOKEN68 = /([A-Za-z0-9._~+/-]+=*)[ \t]*(?=,|$)/y
const PARAMETER = new RegExp(`(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))[ \\t]*(?=,|$)`, 'y')

/**
 * All challenges out of the values of one or several fields (RFC 9110 11.6.1). Where a value stops being a list of challenges, reading
 * stops: what cannot be read has not been offered.
 */
export function parseChallenges(values: readonly string[]): Challenge[] {
  return values.flatMap(challengesIn)
}

function challengesIn(value: string): Challenge[] {
  const found: Challenge[] = []
  let at = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const match = pattern.exec(value)
    if (match) at = pattern.lastIndex
    return match
  }
  for (;;) {
    take(SEPARATORS)
    const scheme = take(SCHEME)?.[1]?.toLowerCase()
    if (scheme === undefined) return found
    const token = take(TOKEN68)?.[1]
    const parameters = new Map<string, string>()
    found.push({ scheme, token, parameters })
    while (token === undefined) {
      const before = at
      take(SEPARATORS)
      const [, name, quoted, plain] = take(PARAMETER) ?? []
      if (name === undefined) {
        at = before // the next scheme, or the end
        break
      }
      if (!parameters.has(name.toLowerCase()))
        parameters.set(name.toLowerCase(), plain ?? quoted?.replace(/\\(.)/g, '$1') ?? '')
    }
  }
}
