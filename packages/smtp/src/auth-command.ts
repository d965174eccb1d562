import { command, type Command } from './command.js'

/** RFC 4954 4: with a longer line the initial response waits for the 334. */
const MAX_AUTH_LINE = 510

/** `AUTH NAME response`, or undefined when there is none or the line would be too long. An empty one is "=" (RFC 4954 4). */
export function withInitialResponse(name: string, initial: Uint8Array | undefined): Command | undefined {
  if (initial === undefined) return undefined
  const line = `AUTH ${name} ${Buffer.from(initial).toString('base64') || '='}`
  return line.length > MAX_AUTH_LINE ? undefined : command('auth', line, `AUTH ${name} ***`)
}

/** RFC 4954 4: base64 and nothing else, or the exchange is cancelled. */
export function decodeChallenge(lines: readonly string[]): Uint8Array | undefined {
  const clean = lines.join('').trim()
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(clean)
    ? Buffer.from(clean, 'base64')
    : undefined
}

/** One line of an exchange; null cancels it (RFC 4954 4). */
export function responseLine(answer: Uint8Array | null): Command {
  return answer === null ? command('auth', '*', '*') : command('auth', Buffer.from(answer).toString('base64'), '***')
}
