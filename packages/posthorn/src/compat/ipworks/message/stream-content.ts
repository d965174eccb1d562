import type { Content } from '@posthorn/ground'
import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'
import { readBody, type BodyStream, type BodyTerms } from './body-stream.js'
import { shownText } from './message-body.js'
import type { MessageParts } from './message-parts.js'
import type { TransferTeller } from './transfer-teller.js'

/** More of a stream is not kept for `TransferText`. [ipworks.config.TransferText] */
const MAX_KEPT_OCTETS = 1024 * 1024

/**
 * A header section and the body that a stream gives: read once, as fast as it is taken, and never held whole. A short one can go again, for
 * the recipients that the server has no room for in one transaction.
 */
export class StreamContent {
  readonly #head: Buffer
  readonly #utf8: boolean
  readonly #stream: BodyStream
  readonly #terms: BodyTerms
  /** What has gone so far; undefined when it is too much. */
  #kept: Buffer[] | undefined = []
  #opened = false
  #ended = false

  constructor({ header, utf8 }: MessageParts, stream: BodyStream, terms: BodyTerms) {
    this.#head = Buffer.from(header, 'utf8')
    this.#utf8 = utf8
    this.#stream = stream
    this.#terms = terms
  }

  /** @throws {IPWorksError} opened again when it is not short: 211; the stream fails: 302 */
  told(teller: TransferTeller | undefined): Content {
    return { open: () => this.#read(teller), utf8Header: this.#utf8 }
  }

  /** The body, when it was short enough to be kept, and has gone whole. */
  text(): string {
    return this.#ended && this.#kept ? shownText(Buffer.concat(this.#kept)) : ''
  }

  async *#read(teller: TransferTeller | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    const kept = this.#ended ? this.#kept : undefined
    if (this.#opened && !kept)
      throw new IPWorksError(
        211,
        `${errorText(211)}: the server takes the recipients in several transactions, and a long stream goes once only`,
      )
    this.#opened = true
    yield this.#head
    let octets = 0
    for await (const block of kept ?? readBody(this.#stream, this.#terms)) {
      if (octets === 0) await teller?.start()
      octets += block.length
      if (!kept) this.#keep(block, octets)
      yield block
      await teller?.step(block, octets, -1)
    }
    if (octets > 0) await teller?.end()
    this.#ended = true
  }

  #keep(block: Buffer, octets: number): void {
    if (octets > MAX_KEPT_OCTETS) this.#kept = undefined
    else this.#kept?.push(Buffer.from(block)) // the source may use the memory again
  }
}
