import { malformed } from '../report.js'

/** The parts of a URL that names a server, decoded. */
export interface SplitUrl {
  /** In lower case, without the colon. */
  readonly scheme: string
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Without the brackets of IPv6; may be empty. */
  readonly host: string
  readonly port?: number | undefined
  readonly query: readonly (readonly [name: string, value: string])[]
}

const MAX_CHARACTERS = 10_000
const MAX_QUERY = 200

const ENCODE =
  'Percent-encode special characters of user and password: "/" is %2F, "?" %3F, "#" %23, "@" %40, ":" %3A, "%" %25.'

/**
 * Takes a URL apart by RFC 3986 3.2. The rules of the scheme are the caller's. No part of it is ever in a message: a password that was not
 * percent-encoded ends up anywhere.
 * @throws {SettingsError} `import.format`
 */
export function splitUrl(given: string, entry: string): SplitUrl {
  const text = given.trim()
  if (text.length > MAX_CHARACTERS) throw malformed(entry, `is longer than ${MAX_CHARACTERS} characters`, ENCODE)
  const [, scheme = '', authority = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(text) ?? []
  if (scheme === '') throw malformed(entry, 'is no URL', 'Write smtp://user:password@relay.example:587.')
  const at = authority.lastIndexOf('@')
  // a bare "/", "?" or "#" in a password ends the host early and leaves its "@" behind
  if (rest.includes('#') || (at === -1 ? rest.includes('@') : /^[^?]*@|[?&][^=&]*@/.test(rest)))
    throw malformed(entry, 'has an "@" or "#" behind its host', ENCODE)
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority.slice(at + 1)) ?? []
  if (/[\s\x00-\x20]/.test(authority) || (host === '' && at + 1 < authority.length && !authority.endsWith('@')))
    throw malformed(entry, 'is not well-formed', ENCODE)
  const question = rest.indexOf('?')
  const path = question === -1 ? rest : rest.slice(0, question)
  if (!/^\/?$/.test(path)) throw malformed(entry, 'has a path', ENCODE)
  const [, user, password] = at === -1 ? [] : (/^([^:]*)(?::(.*))?$/s.exec(authority.slice(0, at)) ?? [])
  return {
    scheme: scheme.toLowerCase(),
    ...(user === undefined || user === '' ? {} : { user: decoded(user, entry) }),
    ...(password === undefined || password === '' ? {} : { password: decoded(password, entry) }),
    host: decoded(host.replace(/^\[(.*)\]$/, '$1'), entry),
    ...(port === '' ? {} : { port: portOf(port, entry) }),
    query: question === -1 ? [] : queryOf(rest.slice(question + 1), entry),
  }
}

function portOf(digits: string, entry: string): number {
  const port = Number(digits)
  if (port >= 1 && port <= 65_535) return port
  throw malformed(entry, 'has a port that is none', 'A port is a number from 1 to 65535.')
}

function queryOf(text: string, entry: string): [string, string][] {
  const pairs = text.split('&').filter((pair) => pair !== '')
  if (pairs.length > MAX_QUERY) throw malformed(entry, `has more than ${MAX_QUERY} settings`, 'Leave some out.')
  return pairs.map((pair) => {
    const equals = pair.indexOf('=')
    const [name, value] = equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
    return [decoded(name.replaceAll('+', ' '), entry), decoded(value.replaceAll('+', ' '), entry)]
  })
}

function decoded(text: string, entry: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw malformed(entry, 'has a malformed percent-encoding', ENCODE)
  }
}
