import { Readable } from 'node:stream'
import type { Content } from '@posthorn/ground'
import { refusal } from './refusal.js'

const MAX_OCTETS = 64 * 1024 * 1024

/**
 * All octets of a message in one piece, for storing or showing it. To send it there is no need of them.
 * @param maxOctets a longer message is refused; default 64 MiB
 * @throws {SettingsError} `content.too-large`, and what the sources throw
 */
export async function messageOctets(
  { content }: { readonly content: Content },
  maxOctets = MAX_OCTETS,
): Promise<Buffer> {
  if (content.octets) return Buffer.from(content.octets)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of content.open()) {
    length += chunk.length
    if (length > maxOctets) {
      throw refusal(
        'content.too-large',
        'message',
        `is longer than ${maxOctets} octets`,
        'Read it in pieces with messageStream, or allow more.',
      )
    }
    chunks.push(Buffer.from(chunk)) // the source uses its memory again
  }
  return Buffer.concat(chunks, length)
}

/** The octets of a message as a stream of Node.js, for a file or another program. Each chunk has memory of its own. */
export function messageStream({ content }: { readonly content: Content }): Readable {
  return Readable.from(copied(content), { objectMode: false })
}

async function* copied(content: Content): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of content.open()) yield Buffer.from(chunk)
}
