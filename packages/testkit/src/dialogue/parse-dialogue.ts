import { certificateNames } from '../certificates.js'
import type { CertificateName } from '../certificates.js'
import type { Dialogue, Step, TlsVersion } from './dialogue.js'
import { unescapeOctets } from './escaped.js'

const CRLF = '\r\n'
const VERSIONS: readonly string[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/**
 * Reads a dialogue file, UTF-8 text, one step a line; empty lines and lines that begin with `#` are for people.
 *
 * What the client must send, in this order and nothing else:
 * `C: text` exactly this line, ended by CRLF; `C~ pattern` a line that the whole pattern matches; `C# 12` so many octets of any kind,
 * `C# 12 sha256:...` with this digest; `C= escaped` exactly these octets.
 *
 * What the server sends: `S: text` a line; `S= escaped` these octets; `S* 100 text` the line a hundred times.
 *
 * What else happens: `* tls [certificate [version]]`, `* close` (FIN), `* reset` (RST), `* silence` (reads, never answers; the rest of
 * the session is not played), `* deaf` (stops reading too), `* wait 20`, `* trickle 20` (from here on, an octet every 20 ms), `* idle`
 * (nothing unread has come), `* end` (the client closes, without another octet), `* flood` (the letter S without end), `* session` (the
 * steps of the next connection follow).
 *
 * `@ ` lines together are one JSON object.
 * @param name stands in messages before the line number
 * @throws {Error} `name:line: what is wrong`
 */
export function parseDialogue(text: string, name = 'dialogue'): Dialogue {
  const sessions: Step[][] = [[]]
  let title: string | undefined
  let json = ''
  let jsonLine = 0
  const lines = text.split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    const number = index + 1
    if (line.startsWith('#')) {
      title ??= line.slice(1).trim()
    } else if (line.startsWith('@')) {
      if (!line.startsWith('@ ')) fail(name, number, 'a space must follow "@"')
      json += `${line.slice(2)}\n`
      jsonLine ||= number
    } else if (line === '* session') {
      if (sessions.at(-1)!.length === 0) fail(name, number, 'the session before this one has no steps')
      sessions.push([])
    } else if (line.trim() !== '') {
      sessions.at(-1)!.push(attempt(name, number, () => parseStep(line, number, sessions.at(-1)!)))
    }
  }
  if (sessions.at(-1)!.length === 0) fail(name, lines.length, 'there are no steps')
  return { title: title ?? '', about: json === '' ? {} : attempt(name, jsonLine, () => parseAbout(json)), sessions }
}

function parseStep(text: string, line: number, before: readonly Step[]): Step {
  const [, mark = '', argument] = /^(..)(?: (.*))?$/s.exec(text) ?? []
  const step = text.startsWith('* ') ? parseEvent(text.slice(2), line) : parseTraffic(mark, argument ?? '', line)
  checkOrder(step, before)
  return step
}

function parseTraffic(mark: string, argument: string, line: number): Step {
  switch (mark) {
    case 'C:':
      return { line, kind: 'line', octets: Buffer.from(argument) }
    case 'C~':
      return { line, kind: 'match', pattern: new RegExp(`^(?:${argument})$`) }
    case 'C=':
      return { line, kind: 'exact', octets: notEmpty(unescapeOctets(argument)) }
    case 'C#': {
      const [, size, sha256] = /^(\d+)(?: sha256:([0-9a-f]{64}))?$/.exec(argument) ?? []
      if (size === undefined) throw new Error('"C#" takes a number and perhaps sha256: with 64 hexadecimal digits')
      return { line, kind: 'content', sizeOctets: Number(size), sha256 }
    }
    case 'S:':
      return { line, kind: 'send', octets: Buffer.from(argument + CRLF) }
    case 'S=':
      return { line, kind: 'send', octets: notEmpty(unescapeOctets(argument)) }
    case 'S*': {
      const [, times, repeated] = /^(\d+)(?: (.*))?$/s.exec(argument) ?? []
      if (times === undefined) throw new Error('"S*" takes a number and a line')
      return { line, kind: 'repeat', octets: Buffer.from((repeated ?? '') + CRLF), times: Number(times) }
    }
    default:
      throw new Error('a step begins with C: C~ C# C= S: S= S* or *, and a space')
  }
}

function parseEvent(text: string, line: number): Step {
  const [kind = '', ...words] = text.split(' ')
  switch (kind) {
    case 'tls':
      return { line, kind, certificate: certificateName(words[0] ?? 'good'), version: version(words[1]) }
    case 'wait':
    case 'trickle':
      if (words.length !== 1 || !/^\d+$/.test(words[0]!)) throw new Error(`"* ${kind}" takes a number of milliseconds`)
      return { line, kind, delayMs: Number(words[0]) }
    case 'close':
    case 'reset':
    case 'silence':
    case 'deaf':
    case 'idle':
    case 'end':
    case 'flood':
      if (words.length > 0) throw new Error(`nothing follows "* ${kind}"`)
      return { line, kind }
    default:
      throw new Error(`there is no "* ${kind}"`)
  }
}

/** Steps that can never be played are mistakes of the file. */
function checkOrder(step: Step, before: readonly Step[]): void {
  const last = before.at(-1)?.kind
  if (last === 'end' || last === 'reset' || last === 'flood')
    throw new Error(`nothing can follow "* ${last}" in a session`)
  const closed = before.some(({ kind }) => kind === 'close')
  if (closed && ['send', 'repeat', 'tls', 'flood', 'close'].includes(step.kind))
    throw new Error('the server sends nothing after "* close"')
}

function parseAbout(json: string): Record<string, unknown> {
  const value: unknown = JSON.parse(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('the "@" lines are not one JSON object')
  return value as Record<string, unknown>
}

function certificateName(word: string): CertificateName {
  const found = certificateNames.find((name) => name === word)
  if (found === undefined) throw new Error(`there is no certificate "${word}", only ${certificateNames.join(', ')}`)
  return found
}

function version(word: string | undefined): TlsVersion | undefined {
  if (word === undefined || VERSIONS.includes(word)) return word as TlsVersion | undefined
  throw new Error(`there is no TLS version "${word}", only ${VERSIONS.join(', ')}`)
}

function notEmpty(octets: Buffer): Buffer {
  if (octets.length === 0) throw new Error('there are no octets')
  return octets
}

function attempt<T>(name: string, line: number, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    return fail(name, line, (error as Error).message, error)
  }
}

function fail(name: string, line: number, message: string, cause?: unknown): never {
  throw new Error(`${name}:${line}: ${message}`, { cause })
}
