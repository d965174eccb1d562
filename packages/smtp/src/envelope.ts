import type { Content } from '@posthorn/ground'

/** Who sends to whom, and on which terms (RFC 5321 2.3.1). */
export interface Envelope {
  /** A mailbox, or '' for the null reverse-path. */
  readonly reversePath: string
  /** Mailboxes, each one transaction argument of its own; never parsed as a list. */
  readonly recipients: readonly (string | Recipient)[]
  /**
   * Default false: required recipients are named first. True: RCPT goes out in the order given. The price: a server that stops taking
   * recipients without having announced its limit may do so before a required one, and then nobody gets the message.
   */
  readonly keepOrder?: boolean
  /** What opens the transaction. SEND, SOML and SAML are historical (RFC 821). Default MAIL. */
  readonly verb?: 'MAIL' | 'SEND' | 'SOML' | 'SAML'
  /** Overrides what is found by looking at the content. `binary` needs BINARYMIME and CHUNKING. */
  readonly bodyType?: '7bit' | '8bit' | 'binary'
  /**
   * Default false. True: where the server offers CHUNKING the content goes octet for octet, bare CR and LF and a last line without an end
   * included, also without BINARYMIME; BODY=8BITMIME is declared where it is offered, unless the content is known to have none of these.
   * Where only DATA is there, lines are repaired as always. It weakens: RFC 3030 2 wants lines to end with CRLF, and a relay behind that
   * goes on by DATA could take a bare LF and a dot for the end of the message, and what follows for commands.
   */
  readonly asIs?: boolean
  /** True declares UTF-8 header fields (RFC 6531). An address or a header field that needs it declares it by itself, preferred or not. */
  readonly smtpUtf8?: boolean | { readonly prefer: true }
  /** SIZE= in octets (RFC 1870); default: what the content says. */
  readonly sizeOctets?: number
  /** RET= (RFC 3461): how much of the message a failure DSN returns. */
  readonly ret?: Wanted<'full' | 'headers'>
  /** ENVID= (RFC 3461), before xtext encoding: 1 to 100 printable US-ASCII characters. */
  readonly envelopeId?: Wanted<string>
  /** BY= (RFC 2852). */
  readonly deliverBy?: Wanted<DeliverBy>
  /** HOLDFOR= in seconds (RFC 4865). */
  readonly holdForSeconds?: Wanted<number>
  /** HOLDUNTIL= (RFC 4865). */
  readonly holdUntil?: Wanted<Date>
  /** MT-PRIORITY= (RFC 6710), -9 to 9. */
  readonly mtPriority?: Wanted<number>
  /** REQUIRETLS (RFC 8689). */
  readonly requireTls?: Wanted<true>
  /** AUTH= (RFC 4954 5): the mailbox that submitted the message, or '' for <>. */
  readonly auth?: Wanted<string>
  /** Further MAIL parameters as written, for extensions Posthorn does not know: `XVERP`, `KEY=value`. Not sent to a server that does not offer their keyword. */
  readonly parameters?: readonly ExtraParameter[]
}

/** One recipient with DSN parameters of its own (RFC 3461). */
export interface Recipient {
  readonly address: string
  /** NOTIFY=. `['never']` stands alone. */
  readonly notify?: Wanted<readonly ('never' | 'success' | 'failure' | 'delay')[]>
  /** ORCPT=, before xtext encoding. Default: sent as rfc822;address when any DSN parameter of the recipient is. */
  readonly originalRecipient?: Wanted<{ readonly type: string; readonly address: string }>
  readonly parameters?: readonly ExtraParameter[]
  /**
   * Default false. True: nobody gets the message unless this recipient is accepted; `recipients: 'all'` says so of every one. Required
   * recipients are named first in the transaction (unless `keepOrder`), and no content goes before the replies to all of it.
   */
  readonly required?: boolean
}

/** A parameter is required: a server without the extension is refused before anything is sent. With `prefer` it is left out there. */
export type Wanted<T> = T | { readonly prefer: T }

export interface DeliverBy {
  readonly seconds: number
  /** `return`: return to the sender when the time cannot be kept; `notify`: deliver and notify. */
  readonly mode: 'return' | 'notify'
  readonly trace?: boolean
}

export interface ExtraParameter {
  /** The EHLO keyword that must have been offered; '' sends it whatever is offered, for the server to judge. */
  readonly keyword: string
  /** `NAME` or `NAME=value` as it stands on the wire. */
  readonly text: string
  /** Default false. True: it is left out where the server does not offer the keyword; false: such a server is refused. */
  readonly prefer?: boolean
}

/** What `send` takes. */
export interface Submission {
  readonly envelope: Envelope
  readonly content: ContentSource
}

/**
 * Where content comes from. Octets and strings are the content itself (a string goes as UTF-8); `{ path }` is a file; a function is
 * called for each opening and must give the same octets; a one-shot stream is written to a temporary file before the first send.
 */
export type ContentSource =
  | string
  | Uint8Array
  | Content
  | { readonly path: string | URL }
  | (() => AsyncIterable<Uint8Array>)
  | AsyncIterable<Uint8Array>

export interface SendOptions {
  readonly signal?: AbortSignal
  /** For this send, in milliseconds; default the client's. Infinity: it takes as long as its steps may. */
  readonly deadlineMs?: number
  /**
   * `any` (default): the accepted recipients get the message, unless a `required` one is refused. `all`: every one is required. Over LMTP
   * the final replies, one for each recipient, come too late to hold the message back from the others.
   */
  readonly recipients?: 'any' | 'all'
}

/** `SmtpSession.send` takes these besides. */
export interface SessionSendOptions extends SendOptions {
  /** Default false. True: RSET goes out in front of MAIL although no transaction is known to be open. */
  readonly reset?: boolean
  /**
   * Default true: a transaction that failed is ended by RSET at once. False: nothing is sent, and the session stays `dirty`; the next send
   * on it begins with RSET.
   */
  readonly resetAfterFailure?: boolean
}
