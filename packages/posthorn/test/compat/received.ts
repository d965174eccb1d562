import type { SinkServer } from '@posthorn/testkit'

/** A message as it arrived, looked at with nothing of the product. */
export interface Received {
  /** All of it, an octet for a character. */
  readonly text: string
  /** The header section, without its empty line. */
  readonly header: string
  readonly body: string
  /** The fields in their order, unfolded. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** The values of the fields of this name, which is looked for without regard to case. */
  readonly valuesOf: (name: string) => readonly string[]
}

/** The message with this index in the ledger; the last one by default. */
export function received(server: SinkServer, index = -1): Received {
  const text = server.ledger.at(index)!.content!.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const [header, body] = [text.slice(0, end + 2), text.slice(end + 4)]
  const fields = header
    .replaceAll(/\r\n(?=[ \t])/g, '')
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()] as const)
  const valuesOf = (name: string): readonly string[] =>
    fields.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
  return { text, header, body, fields, valuesOf }
}

/** The commands of a session with this verb; of the last session by default. */
export function commandsOf(server: SinkServer, verb: string, session = -1): readonly string[] {
  return (server.sessions.at(session)?.commands ?? []).filter((line) => line.split(' ')[0] === verb)
}

/** What encoded-words (RFC 2047) stand for. */
export function decodedWords(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?([^?]+)\?([QB])\?([^?]*)\?=/gi, (_, charset: string, encoding: string, word: string) => {
      const octets =
        encoding.toUpperCase() === 'B'
          ? Buffer.from(word, 'base64')
          : Buffer.from(
              word
                .replaceAll('_', ' ')
                .replaceAll(/=([0-9A-F]{2})/gi, (_, digits: string) =>
                  String.fromCharCode(Number.parseInt(digits, 16)),
                ),
              'latin1',
            )
      return new TextDecoder(charset).decode(octets)
    })
}
