import type { SinkCredentials } from './options.js'

/** The mechanisms the sink knows, in the order in which it offers them. */
export const mechanismNames: readonly string[] = ['PLAIN', 'LOGIN', 'XOAUTH2']

/**
 * One authentication exchange, RFC 4954 4: gives the text of each 334, takes what the client answers (decoded), and is done with whether
 * the credentials were right. `initial` is the initial response, if there was one. Undefined for an unknown mechanism.
 */
export function startExchange(
  name: string,
  credentials: SinkCredentials,
  initial: Buffer | undefined,
): Exchange | undefined {
  if (!(credentials.mechanisms ?? mechanismNames).includes(name)) return undefined
  if (name === 'PLAIN') return plain(credentials, initial)
  if (name === 'LOGIN') return login(credentials, initial)
  return name === 'XOAUTH2' ? xoauth2(credentials, initial) : undefined
}

/** See `startExchange`. */
export type Exchange = Generator<string, boolean, Buffer>

/** RFC 4616: authorization identity, NUL, user, NUL, password. */
function* plain({ user, password }: SinkCredentials, initial: Buffer | undefined): Exchange {
  const [authorization, name, secret, ...rest] = (initial ?? (yield '')).toString().split('\0')
  return (authorization === '' || authorization === user) && name === user && secret === password && rest.length === 0
}

function* login({ user, password }: SinkCredentials, initial: Buffer | undefined): Exchange {
  const name = initial ?? (yield base64('Username:'))
  const secret = yield base64('Password:')
  return name.toString() === user && secret.toString() === password
}

/** The error comes as a last 334, which the client answers with anything at all. */
function* xoauth2({ user, password }: SinkCredentials, initial: Buffer | undefined): Exchange {
  const message = (initial ?? (yield '')).toString()
  if (message === `user=${user}\x01auth=Bearer ${password}\x01\x01`) return true
  yield base64('{"status":"401","schemes":"bearer","scope":"https://mail.example.test/"}')
  return false
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** What a line of base64 stands for, or undefined when it is none. An initial response of `=` is an empty one. */
export function decodeResponse(line: string): Buffer | undefined {
  if (line === '=') return Buffer.alloc(0)
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(line)
    ? Buffer.from(line, 'base64')
    : undefined
}
