import type { TLSSocket } from 'node:tls'
import type { Attempt } from '../attempt.js'
import type { ProxyChoice, Resolve } from '../options.js'
import type { WebOptions, WebRequest, WebResponse } from '../web/web-options.js'
import type { Peer } from './peer.js'
import type { TlsPlan } from './plan.js'

/** A handshake that is done, and whose peer is to be judged. */
export interface Case {
  readonly attempt: Attempt
  readonly socket: TLSSocket
  readonly plan: TlsPlan
  readonly peer: Peer
  /** The OCSP response stapled to the handshake. */
  readonly stapled: Uint8Array | undefined
  readonly ways: RevocationWays
}

/** How the addresses in certificates are reached. */
export interface RevocationWays {
  readonly proxy?: ProxyChoice | undefined
  readonly resolve?: Resolve | undefined
  /** Asks the web. Handed in, for what asks the web shakes hands itself. */
  readonly send: (request: WebRequest, options: WebOptions) => Promise<WebResponse>
}
