import { isUtf8 } from 'node:buffer'
import { command, type Command } from './command.js'
import type { Hidden } from './hidden.js'

/** AUTH with an initial response (RFC 4954 4), however it is written. */
const AUTH = /^ *(AUTH) +([^ ]+) +[^ ]/i

/**
 * A command line that a caller gives whole, and what the trail shows of it. Answers to a challenge (334) and initial responses of AUTH
 * are secret by themselves; what else is one only the caller knows.
 * @throws {SettingsError} `command.control-character`
 */
export function rawCommand(line: string, { secret, challenged }: RawLine): Command {
  return command('command', line, shownOf(line, secret, challenged))
}

/** What is known of a line. */
export interface RawLine {
  /** The caller says so. */
  readonly secret: boolean
  /** It answers 334, or another reply that asks for more. */
  readonly challenged: boolean
}

function shownOf(line: string, secret: boolean, challenged: boolean): string | undefined {
  // the further lines of an exchange have no verb: all of such a line is the secret
  if (challenged) return '***'
  if (secret) return [...(/^[A-Za-z]+(?= )/.exec(line) ?? []), '***'].join(' ')
  const auth = AUTH.exec(line)
  return auth ? `${auth[1]} ${auth[2]} ***` : undefined
}

/** Hides what the words of a secret line say in base64, too, which is what a server understands of them. */
export function hideMeaning({ text, shown }: Command, hidden: Hidden): void {
  if (shown === undefined) return
  const known = new Set(shown.split(' '))
  for (const word of text.trim().split(' ')) {
    if (known.has(word) || !/^[A-Za-z0-9+/]+={0,2}$/.test(word)) continue
    const octets = Buffer.from(word, 'base64')
    if (!isUtf8(octets)) continue
    // the parts of PLAIN are set off by NUL, those of the token mechanisms by 0x01
    for (const part of Buffer.from(word, 'base64')
      .toString('utf8')
      .split(/[\0\x01]/))
      if (part !== '') hidden.add(part)
  }
}
