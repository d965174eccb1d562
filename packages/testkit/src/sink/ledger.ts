import type { Parameters } from './path-argument.js'

/** A message the server has taken responsibility for. It is in the ledger before its final reply is written. */
export interface SinkMessage {
  /** From 1, in the order in which they were taken. */
  readonly id: number
  /** The number of the session. */
  readonly session: number
  /** Without angle brackets; empty for the null reverse-path. */
  readonly reversePath: string
  /** Those accepted, without angle brackets; over LMTP those whose final reply was 2yz. */
  readonly recipients: readonly string[]
  readonly mailParameters: Parameters
  /** In the order of the recipients. */
  readonly rcptParameters: readonly Parameters[]
  /** The size of the content, without doubled dots. */
  readonly octets: number
  /** Of the content, hexadecimal, when the content is not kept. */
  readonly sha256: string | undefined
  readonly content: Buffer | undefined
  /** True once the final reply (over LMTP the last one) was handed to the socket whole. */
  replied: boolean
  /** How many final replies were handed over: 1 at most, over LMTP one for each recipient accepted by RCPT. */
  replies: number
  /** When the last of them was, as `performance.now()` counts. */
  repliedAt: number | undefined
}

/** A connection and what happened on it. */
export interface SinkSessionRecord {
  readonly number: number
  /** Command lines as received, at most the first 10 000; without the lines of AUTH exchanges. */
  readonly commands: string[]
  commandCount: number
  tls: boolean
  /** The user, once authenticated. */
  authenticated: string | undefined
  /** `quit` and `421`: by the server after such a reply. `end`, `error`: by the client, closing or breaking it. `tls`: the handshake failed. */
  endedBy: 'open' | 'quit' | '421' | 'end' | 'error' | 'tls' | 'fault' | 'closed'
  /** The first 64 KiB received in clear, without the handshake. */
  clearOctets: Buffer
  /** What a client must not do and the replies do not show: pipelining without the offer, or behind a verb that ends a group (RFC 2920). */
  readonly violations: string[]
}
