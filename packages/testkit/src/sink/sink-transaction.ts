import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import type { SinkMessage } from './ledger.js'
import type { Parameters, PathArgument } from './path-argument.js'

/** A mail transaction on its way: from MAIL to the final reply. */
export class SinkTransaction {
  readonly reversePath: string
  readonly mailParameters: Parameters
  readonly recipients: string[] = []
  readonly rcptParameters: Parameters[] = []
  /** The content read so far. */
  sizeOctets = 0
  /** True from the first BDAT on: DATA is not allowed any more. */
  chunked = false
  #parts: Buffer[] | undefined
  #hash: Hash | undefined

  constructor({ path, parameters }: PathArgument, keepContent: boolean, digest: boolean) {
    this.reversePath = path
    this.mailParameters = parameters
    if (keepContent) this.#parts = []
    else if (digest) this.#hash = createHash('sha256')
  }

  /** Adds a piece of content; it is copied if it must be kept. */
  add(octets: Buffer): void {
    this.sizeOctets += octets.length
    this.#hash?.update(octets)
    this.#parts?.push(Buffer.from(octets))
  }

  /** The entry for the ledger. */
  taken(id: number, session: number, refused: ReadonlySet<number>): SinkMessage {
    const kept = <T>(values: readonly T[]): T[] => values.filter((_value, index) => !refused.has(index))
    return {
      id,
      session,
      reversePath: this.reversePath,
      recipients: refused.size === 0 ? this.recipients : kept(this.recipients),
      mailParameters: this.mailParameters,
      rcptParameters: refused.size === 0 ? this.rcptParameters : kept(this.rcptParameters),
      octets: this.sizeOctets,
      sha256: this.#hash?.digest('hex'),
      content: this.#parts && Buffer.concat(this.#parts),
      replied: false,
      replies: 0,
      repliedAt: undefined,
    }
  }
}
