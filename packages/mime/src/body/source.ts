import { fileSize, readFileBlocks, SettingsError } from '@posthorn/ground'
import type { Attachment } from './draft.js'
import { refusal } from './refusal.js'

/** Octets that can be read again and again and are the same each time. */
export interface Source {
  /** The octets themselves, when they are in memory. */
  readonly octets?: Uint8Array
  readonly sizeOctets?: number
  /** A chunk is to be used up before the next one is asked for. */
  read(): AsyncIterable<Uint8Array>
}

/** Octets in memory as a source. */
export function memorySource(octets: Uint8Array): Source {
  return {
    octets,
    sizeOctets: octets.length,
    async *read() {
      yield octets
    },
  }
}

/**
 * Where the octets of an attachment come from.
 * @throws {SettingsError} `attachment.source` unless exactly one of content and path is given; `attachment.size`;
 * `content.unreadable` for a file that is not there; `content.changed` when `sizeOctets` is not what the source has
 */
export async function attachmentSource({ content, path, sizeOctets }: Attachment, field: string): Promise<Source> {
  if (sizeOctets !== undefined && !(Number.isSafeInteger(sizeOctets) && sizeOctets >= 0)) {
    throw refusal(
      'attachment.size',
      `${field}.sizeOctets`,
      'is not a number of octets',
      'Give a whole number that is not negative, or leave it out.',
    )
  }
  if ((content === undefined) === (path === undefined)) {
    throw refusal(
      'attachment.source',
      field,
      'needs either content or path',
      'Give the octets as content or the name of a file as path, not both.',
    )
  }
  if (path !== undefined) {
    const size = await fileSize(path, `${field}.path`)
    expectSize(size, sizeOctets, field)
    return { sizeOctets: size, read: () => readFileBlocks(path, `${field}.path`, size) }
  }
  if (typeof content === 'function') return functionSource(content, sizeOctets, field)
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) {
    throw refusal(
      'attachment.source',
      `${field}.content`,
      'is not octets',
      'Give a string, a Uint8Array, or a function that returns an AsyncIterable of Uint8Array.',
    )
  }
  const octets = typeof content === 'string' ? Buffer.from(content) : content
  expectSize(octets.length, sizeOctets, field)
  return memorySource(octets)
}

/** The first complete reading settles the size when it was not given. */
function functionSource(open: () => AsyncIterable<Uint8Array>, sizeOctets: number | undefined, field: string): Source {
  let settled = sizeOctets
  return {
    ...(sizeOctets === undefined ? {} : { sizeOctets }),
    async *read() {
      let given = 0
      try {
        for await (const chunk of open()) {
          if (!(chunk instanceof Uint8Array)) throw new TypeError('a chunk is not a Uint8Array')
          given += chunk.length
          if (settled !== undefined && given > settled) break
          yield chunk
        }
      } catch (error) {
        if (error instanceof SettingsError) throw error
        throw refusal(
          'content.unreadable',
          `${field}.content`,
          'the function failed to give the octets',
          'The cause says what it threw.',
          error,
        )
      }
      expectSize(given, settled, field)
      settled = given
    },
  }
}

function expectSize(size: number, expected: number | undefined, field: string): void {
  if (expected === undefined || size === expected) return
  const which = size > expected ? 'more' : 'fewer'
  throw refusal(
    'content.changed',
    field,
    `gives ${which} octets than the ${expected} it had or was said to have`,
    'A source must give the same octets each time the message is opened.',
  )
}
