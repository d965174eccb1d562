import type { Ending } from './ending.js'

/** How a connection is written and closed; see `SocketOptions`. */
export interface WireTerms extends Ending {
  readonly maxOctetsPerSecond?: number | undefined
  /** How long the other side may take to take a block of content. */
  readonly blockMs: number
  /** And what `flush` sends; undefined: only the replies are waited for. */
  readonly commandsMs?: number | undefined
  /** How long nothing may pass while the other side is waited for; where given, no other time counts but that of QUIT. */
  readonly silentMs?: number | undefined
  /** With silence: how much longer at most than that a reply to content may take while the other side may have it still to read. */
  readonly finalMs: number
  /** The trail shows secrets as they stand on the wire. */
  readonly trailSecrets?: boolean | undefined
}
