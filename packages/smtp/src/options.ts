import type { ContentEncoding } from '@posthorn/ground'
import type { ConnectorOption, FamilyOption, ProxyChoice, Resolve, SocketOptions, TlsOptions } from '@posthorn/net'
import type { Credentials, Mechanism, Strength } from '@posthorn/sasl'

/**
 * How the session is protected. `implicit`: TLS from the first octet. `starttls`: upgraded by STARTTLS, or no session.
 * `opportunistic`: STARTTLS when offered, and then verified like the others, else in the clear. `none`: in the clear.
 */
export type Security = 'implicit' | 'starttls' | 'opportunistic' | 'none'

/** Gives the name of an IP address; undefined when it has none. The signal is aborted when the answer is of no use any more. */
export type Reverse = (
  address: string,
  options: { readonly port: number; readonly signal: AbortSignal },
) => Promise<string | undefined>

/** How one relay is reached and used. Only `host` is required. */
export interface SmtpOptions extends SocketOptions {
  readonly host: string
  /** Default 465 with `security: 'implicit'`, else 587. */
  readonly port?: number
  /** Default `implicit` on port 465, `starttls` elsewhere. */
  readonly security?: Security
  /** Without credentials no AUTH is sent; with credentials nothing is ever sent unauthenticated (RFC 4954 9). */
  readonly credentials?: Credentials
  /** Default false: AUTH is refused on a session without TLS, loopback included. */
  readonly allowCleartextAuth?: boolean
  /**
   * Default true. False: a server that offers no login (after STARTTLS, where that is used) gets the mail without, and the trail says so.
   * It weakens: who can change what the server says can keep it from offering one. Where AUTH is offered the login must succeed.
   */
  readonly loginRequired?: boolean
  readonly tls?: TlsOptions
  /**
   * Default false. True: connections of one client resume TLS sessions of earlier ones (`tls.sessions` keeps them elsewhere). Some servers
   * break off resumed handshakes; after the first such failure the client resumes no more there.
   */
  readonly reuseTlsSessions?: boolean
  /**
   * The argument of EHLO: a domain or an address literal. Default: `localAddress` where it is given, the host's name when it is fully
   * qualified, else the local address of the connection.
   */
  readonly localName?: string
  /**
   * Default false. True: the trail shows what AUTH and raw secret commands say as it stands on the wire, and replies as they came. It
   * weakens: whoever reads the trail reads passwords and tokens (base64 hides nothing). Errors never show them.
   */
  readonly trailSecrets?: boolean
  /** Default true: a greeting that refuses is answered with QUIT (RFC 5321 3.1). False: the connection is closed without a word. */
  readonly quitAfterRefusedGreeting?: boolean
  /** `smtp` by default; `lmtp` speaks RFC 2033 and gets one final reply for each recipient. */
  readonly protocol?: 'smtp' | 'lmtp'
  /** Default true. False: HELO only, no extension, no STARTTLS, no AUTH. */
  readonly extensions?: boolean
  /** Default `auto`: groups when PIPELINING is offered, lock-step once a server was seen to mishandle them. */
  readonly pipelining?: 'auto' | 'off'
  /** Default `auto`: BDAT when CHUNKING is offered and DATA otherwise. */
  readonly chunking?: 'auto' | 'off'
  /**
   * The size of the pieces that BDAT sends, 1 to 67 108 864 octets; up to 64 of them go ahead of their replies where groups are used
   * (PIPELINING), else each waits for the reply to the one before. Default: content of known size in one piece, other content as its
   * source gives it. What goes by DATA has no pieces.
   */
  readonly chunkOctets?: number
  /**
   * How far content that can be re-encoded, such as a composed draft, is widened to what the server offers: `8bit` for texts (8BITMIME),
   * `binary` for attachments too, which saves a quarter of their size on the wire (BINARYMIME with CHUNKING). Default `7bit`: nobody on the
   * way has to change it. Content that needs more than the server offers is made to fit in any case.
   */
  readonly transferEncoding?: ContentEncoding
  /**
   * The weakest kind of mechanism that may be used. Default `cleartext` under TLS, and without TLS (`allowCleartextAuth`) too: say `hash`
   * there to let no password go in the clear.
   */
  readonly minimumAuthStrength?: Strength
  /** Mechanisms to use, in this order, among those offered; default: all known ones but ANONYMOUS, strongest first. */
  readonly mechanisms?: readonly string[]
  /** Default true: after a refusal the next mechanism is tried. False: one login, one attempt; servers count them before they lock an account. */
  readonly mechanismFallback?: boolean
  /** Mechanisms of one's own, tried before the built-in ones of the same name. */
  readonly customMechanisms?: readonly Mechanism[]
  readonly pool?: PoolOptions
  readonly timeouts?: TimeoutOptions
  /** For one send, from the call to the receipt, in milliseconds. Default 300 000. */
  readonly deadlineMs?: number
  /** 0 (both, raced by RFC 8305, the default), 4 or 6. */
  readonly family?: FamilyOption
  readonly localAddress?: string
  readonly localPort?: number
  /** The way through a proxy, or where to find one. Default: none. */
  readonly proxy?: ProxyChoice
  /** Replaces the system's resolver. */
  readonly resolve?: Resolve
  /** Replaces the system's reverse lookup, for `credentials.canonicalHost`. */
  readonly reverse?: Reverse
  /** Opens the octet stream to host and port in place of a plain TCP connection and of a proxy. */
  readonly connector?: ConnectorOption
}

/** Limits of the pool of sessions to one relay. */
export interface PoolOptions {
  /** Hard cap of open connections, those being opened and closed included. Default 10. */
  readonly maxConnections?: number
  /** Messages after which a session is closed. Default 1000. A server's LIMITS MAILMAX counts too. */
  readonly maxMessagesPerConnection?: number
  /** Age after which a session is not used again, in milliseconds. Default 3 600 000. */
  readonly maxAgeMs?: number
  /**
   * A session idle for longer is asked before it is used again; one that fails is closed, and what waits takes another. Default 30 000; 0
   * asks every time.
   */
  readonly probeIdleMs?: number
  /** What it is asked. Default NOOP. */
  readonly probeCommand?: 'NOOP' | 'RSET'
  /** Default true: only 250 proves it alive. False: every reply but 421. */
  readonly probeStrict?: boolean
  /** A session idle for longer is closed. Default 300 000. */
  readonly maxIdleMs?: number
  /** Whole BDAT transactions in flight on one session, 1 to 64. Default 1, which is what RFC 3030 describes. */
  readonly pipelineDepth?: number
  /** Messages in any window of `perMs` milliseconds, over all sessions. Default: no limit. */
  readonly rateLimit?: { readonly messages: number; readonly perMs: number }
  /** A session is left this long before its access token expires. Default 60 000. */
  readonly tokenMarginMs?: number
  /** Messages that may wait; one more is refused with `pool.full`. Default: no limit. */
  readonly maxWaiting?: number
}

/** How long each step may take, in milliseconds. Each but `silentMs` counts from the command, never from the last octet of a dribble. */
export interface TimeoutOptions {
  /** Resolve, proxy, connect and implicit TLS together. Default 30 000. */
  readonly connectMs?: number
  /** One reply, or one block of content taken by the other side. Default: by phase, RFC 5321 4.5.3.2 (2 to 5 minutes). */
  readonly idleMs?: number
  /** One block of content, or a group of commands, taken by the other side. Default: `idleMs`; for content without it 180 000. */
  readonly writeMs?: number
  /** The reply to the end of the content. Default 600 000 (RFC 5321 4.5.3.2.6: a short one makes duplicates). */
  readonly finalMs?: number
  /** How long QUIT waits for its reply before the connection is closed. Default 2 000; 0: QUIT is sent and not waited for. */
  readonly quitMs?: number
  /**
   * How long the other side may be waited for without one octet in either direction, a part of a reply included; every octet that comes or
   * is taken by the system starts it anew. Where given, it takes the place of `idleMs`, `writeMs`, `finalMs` (see below) and the
   * times of RFC 5321 4.5.3.2: a server that dribbles is never late, and its replies are bounded by their size alone. What is written counts in steps: a line
   * that takes less than about 1,000 octets a second (or 16 KiB in `silentMs`, where that is shorter) counts as silent. At the end of
   * content the system may hold megabytes that the other side has still to read: the reply to it may take longer by a millisecond for
   * each octet beyond 16 KiB, at most by `finalMs`.
   */
  readonly silentMs?: number
}
