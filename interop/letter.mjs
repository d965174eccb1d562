// Content that can be recognised and compared when it has arrived.
import { deepStrictEqual, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

/** The first header field of every letter: what stands before it was put there by the server. */
export const MARKER = 'X-Posthorn-Marker'

/**
 * A letter with this body (a string, or octets).
 * @returns `marker`; `content`: the octets to send, lines of the header ending with CRLF; `stored`: what a server that keeps lines with LF must
 * have, when the body is well formed
 */
export function letter(body = 'Good day.\r\n') {
  const marker = randomUUID()
  const header = [
    `${MARKER}: ${marker}`,
    'From: Alice <alice@posthorn.example>',
    'To: Bob <bob@posthorn.example>',
    'Date: Thu, 20 Nov 2025 10:00:00 +0000',
    `Message-ID: <${marker}@posthorn.example>`,
    `Subject: letter ${marker}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    '',
  ].join('\r\n')
  const content = Buffer.concat([Buffer.from(header), Buffer.from(body)])
  return { marker, content, stored: withLf(content) }
}

/** The octets with each CRLF as LF, which is how Postfix stores lines. */
export function withLf(octets) {
  return Buffer.from(Buffer.from(octets).toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
}

/** Fails at the first octet that differs, and shows what stands around it. */
export function sameOctets(actual, expected) {
  if (Buffer.compare(actual, expected) === 0) return
  let at = 0
  while (at < actual.length && actual[at] === expected[at]) at++
  const around = (octets) => JSON.stringify(octets.toString('latin1', Math.max(0, at - 30), at + 30))
  const sizes = `${actual.length} octets arrived, ${expected.length} expected`
  throw new Error(`differs at octet ${at} (${sizes}): ${around(actual)} in place of ${around(expected)}`)
}

/** Fails unless exactly these letters arrived, each at exactly these recipients and exactly once, octet by octet. */
export function exactly(arrived, expected) {
  const strangers = arrived.filter(({ marker }) => marker === undefined)
  deepStrictEqual(
    strangers.map(({ text }) => text.slice(0, 400)),
    [],
    'only letters arrived',
  )
  const list = (entries) => entries.map(({ marker, recipient }) => `${marker} ${recipient}`).sort()
  const want = expected.flatMap(({ letter: { marker }, recipients }) =>
    recipients.map((recipient) => ({ marker, recipient })),
  )
  const [got, wanted] = [list(arrived), list(want)]
  const missing = wanted.filter((entry) => !got.includes(entry))
  const extra = got.filter((entry, index) => !wanted.includes(entry) || got[index - 1] === entry)
  ok(
    missing.length + extra.length === 0,
    `missing: ${missing.join(', ') || 'none'}; too many: ${extra.join(', ') || 'none'}`,
  )
  const stored = new Map(expected.map(({ letter }) => [letter.marker, letter.stored]))
  for (const one of arrived) sameOctets(one.stored, stored.get(one.marker))
}
