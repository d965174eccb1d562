import type { Ending } from './ending.js'

/** How a connection is written and closed; see `SocketOptions`. */
export interface WireTerms extends Ending {
  readonly maxOctetsPerSecond?: number | undefined
  /** How long the other side may take to take a block of content. */
  readonly blockMs: number
  /** And what `flush` sends; undefined: only the replies are waited for. */
  readonly commandsMs?: number | undefined
}
