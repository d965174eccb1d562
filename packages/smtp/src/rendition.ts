import type { Content, ContentEncoding } from '@posthorn/ground'
import { examine, type Examined, type Prepared } from './content/prepare.js'

/** The content of a message in one of the forms it can be sent in. */
export class Rendition {
  readonly content: Prepared
  /** Goes out octet for octet, as BINARYMIME (RFC 3030). */
  readonly binary: boolean
  /** Goes out octet for octet, as what it is: text that is not repaired. */
  readonly asIs: boolean
  #examined: Examined | undefined

  constructor(content: Prepared, binary: boolean, asIs = false) {
    this.content = content
    this.binary = binary
    this.asIs = asIs
  }

  /** Nothing of it is repaired. */
  get untouched(): boolean {
    return this.binary || this.asIs
  }

  /** What looking at content in memory tells; undefined for a source that must be opened. */
  get examined(): Examined | undefined {
    const { octets } = this.content
    return octets && (this.#examined ??= examine(octets, this.content, !this.untouched))
  }

  /** What it needs from the path, as far as that is known. */
  get encoding(): ContentEncoding | undefined {
    const { content } = this
    if (this.binary) return 'binary'
    return content.encoding === '7bit' ? '7bit' : (this.examined?.encoding ?? content.encoding)
  }

  /** The size it has on the wire, when known: octets in memory, or lines known to be whole. */
  get wireOctets(): number | undefined {
    const { content, examined } = this
    if (this.untouched) return content.octets?.length ?? content.sizeOctets
    if (examined) return examined.octets.length
    return content.canonical ? content.sizeOctets : undefined
  }

  /** The octets as they go out but for dots, when they are in memory: repaired, unless they go untouched. */
  get inMemory(): Uint8Array | undefined {
    return this.untouched ? this.content.octets : this.examined?.octets
  }
}

const WIDTH: Readonly<Record<ContentEncoding, number>> = { '7bit': 0, '8bit': 1, binary: 2 }

/** The narrower of two encodings. */
export function narrower(one: ContentEncoding, other: ContentEncoding): ContentEncoding {
  return WIDTH[one] <= WIDTH[other] ? one : other
}

/**
 * The widest encoding to ask of content that can be re-encoded; undefined when it goes as it is. What needs more than the server
 * offers, or may need it, is made to fit; what needs less is widened as far as the server offers it and the caller wants it.
 */
export function recoding(
  content: Content,
  needs: ContentEncoding | undefined,
  offered: ContentEncoding,
  wanted: ContentEncoding,
): ContentEncoding | undefined {
  if (!content.recode) return undefined
  if (needs === undefined || WIDTH[needs] > WIDTH[offered]) return offered
  const widest = narrower(offered, wanted)
  return WIDTH[widest] > WIDTH[needs] ? widest : undefined
}
