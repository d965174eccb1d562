import type { Content } from '@posthorn/ground'
import { once } from './blocks.js'

const MAX_HELD_OCTETS = 1024 * 1024

/** Collects what is read as long as it is short, so that it need not be worked out again. */
export interface Collecting {
  add(chunk: Uint8Array): void
  /** After the last chunk: the content in memory when it is short, else by reading it again. */
  end(): Content
}

export function shortContent(again: () => AsyncIterable<Uint8Array>): Collecting {
  const chunks: Uint8Array[] = []
  let sizeOctets = 0
  return {
    add(chunk) {
      sizeOctets += chunk.length
      if (sizeOctets <= MAX_HELD_OCTETS) chunks.push(Uint8Array.from(chunk))
      else chunks.length = 0
    },
    end() {
      if (sizeOctets > MAX_HELD_OCTETS) return { sizeOctets, open: again }
      const octets = Buffer.concat(chunks)
      return { octets, sizeOctets, open: () => once(octets) }
    },
  }
}
