import { command, type Command } from './command.js'

/** RFC 4954 4: with a longer line the initial response waits for the 334. */
const MAX_AUTH_LINE = 510

/** `AUTH NAME response`, or undefined when there is none or the line would be too long. An empty one is "=" (RFC 4954 4). */
export function withInitialResponse(name: string, initial: Uint8Array | undefined): Command | undefined {
  if (initial === undefined) return undefined
  const line = `AUTH ${name} ${Buffer.from(initial).toString('base64') || '='}`
  return line.length > MAX_AUTH_LINE ? undefined : command('auth', line, `AUTH ${name} ***`)
}

/**
 * Tolerance: servers that write words where RFC 4954 4 wants base64, and how many 334 at the beginning may be such. LOGIN prompts
 * ("334 Username:") say nothing that the client goes by, and "334 ntlm supported" asks for the first message of NTLM. No mechanism whose
 * challenges count is here.
 */
const WORDY_PROMPTS: ReadonlyMap<string, number> = new Map([
  ['LOGIN', 2],
  ['NTLM', 1],
])

/**
 * The challenge of a 334: base64 and nothing else (RFC 4954 4); undefined when it is not. Words that are tolerated are an empty challenge.
 * @param round counts the 334 of the exchange from 0
 */
export function readChallenge(mechanism: string, round: number, lines: readonly string[]): Uint8Array | undefined {
  const clean = lines.join('').trim()
  const octets = decodeBase64(clean)
  return octets ?? (round < (WORDY_PROMPTS.get(mechanism) ?? 0) ? new Uint8Array() : undefined)
}

function decodeBase64(clean: string): Uint8Array | undefined {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(clean)
    ? Buffer.from(clean, 'base64')
    : undefined
}

/** One line of an exchange; null cancels it (RFC 4954 4). */
export function responseLine(answer: Uint8Array | null): Command {
  return answer === null ? command('auth', '*', '*') : command('auth', Buffer.from(answer).toString('base64'), '***')
}
