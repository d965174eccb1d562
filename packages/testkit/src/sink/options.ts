import type { Certificates, ServerCertificate } from '../certificates.js'
import type { SinkSessionRecord } from './ledger.js'

/** What a `SinkServer` offers and does; every value has a default. */
export interface SinkOptions {
  /**
   * Lines of the EHLO reply after the first. A keyword that is not here is not supported, its parameters are answered with 555. STARTTLS
   * and AUTH are added by `tls` and `auth`. Default: PIPELINING, CHUNKING, 8BITMIME, SMTPUTF8, SIZE, DSN, ENHANCEDSTATUSCODES.
   */
  readonly extensions?: readonly string[]
  /** Offers STARTTLS with this certificate, or `good` of these. */
  readonly tls?: Certificates | ServerCertificate
  /** TLS from the first octet instead of STARTTLS (false). Needs `tls`. */
  readonly implicitTls?: boolean
  /** Demands AUTH before MAIL: 530 without. Offered inside TLS only when there is `tls`. For XOAUTH2 the password is the token. */
  readonly auth?: SinkCredentials
  /** LHLO instead of EHLO and a final reply for each recipient, RFC 2033 (false). */
  readonly lmtp?: boolean
  /** More recipients in a transaction are answered with 452 4.5.3. */
  readonly maxRecipients?: number
  /**
   * Another reply than the usual one, without the last CRLF; several lines are separated by CRLF. A 2yz or 3yz reply still does what the
   * command does, if it can be done; any other prevents it; 421 also closes the connection.
   * @param verb in upper case as sent, `GREETING`, or `CONTENT` for the final reply of DATA or BDAT LAST
   * @param argument what follows the verb; for `CONTENT` the recipient over LMTP, otherwise empty
   */
  readonly replyTo?: (verb: string, argument: string, context: SinkContext) => string | undefined
  /** Keeps the content of each message instead of a digest (false). */
  readonly keepContent?: boolean
  /** Makes a SHA-256 of each content that is not kept (true). */
  readonly digest?: boolean
  /** All replies to what one read brought leave in one write (true), or in a write each. */
  readonly coalesce?: boolean
  /** Where the connection of a session is cut. Sessions are numbered from 1 in the order in which they are accepted. */
  readonly fault?: FaultPlan
}

/** Who may submit, and how: by default PLAIN, LOGIN, XOAUTH2. */
export interface SinkCredentials {
  readonly user: string
  readonly password: string
  readonly mechanisms?: readonly string[]
}

/** What is known when a reply is made. */
export interface SinkContext {
  readonly session: SinkSessionRecord
  /** Of the open transaction. */
  readonly reversePath: string | undefined
  /** Those accepted so far in the open transaction. */
  readonly recipients: readonly string[]
  /** The content read so far in the open transaction. */
  readonly sizeOctets: number
}

/** Gives the fault of a session, or undefined for none. */
export type FaultPlan = (sessionNumber: number) => Fault | undefined

/**
 * A place in a session, and what happens to the connection there. What was to be replied before that place is written first.
 *
 * `greeting`: accepted, nothing is said. `command`: command `index` (the first is 1; lines of an AUTH exchange and content do not count)
 * was read, nothing is done. `reply`: reply `index` (0 is the greeting; 334, 354 and final replies count) is cut after `octets`; what it
 * stands for is done, so a cut final reply belongs to a message that was taken. `content`: so many octets of content were read (dots
 * unstuffed, chunks of BDAT added up). `final`: the whole content was read, the message is not taken. `taken`: the message is in the
 * ledger, nothing is replied. `message` counts the contents of the session from 1 (default 1).
 */
export type Fault = { readonly how: FaultKind } & (
  | { readonly at: 'greeting' }
  | { readonly at: 'command'; readonly index: number }
  | { readonly at: 'reply'; readonly index: number; readonly octets: number }
  | { readonly at: 'content'; readonly octets: number; readonly message?: number }
  | { readonly at: 'final' | 'taken'; readonly message?: number }
)

/**
 * `fin`: the server says nothing more and half-closes. `rst`: the connection is reset. `hold`: open, read and ignored. `stall`: open
 * and not even read. The last two last until the client leaves or the server is closed.
 */
export type FaultKind = 'fin' | 'rst' | 'hold' | 'stall'
