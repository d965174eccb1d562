import type { KeyMemory } from './key-memory.js'

/**
 * A SASL mechanism (RFC 4422) is a value: a name, a rank and a way to begin an exchange. It holds no socket; octets come in, octets
 * go out. Secrets stay inside `Exchange`.
 */
export interface Mechanism {
  /** As in EHLO, upper case. */
  readonly name: string
  readonly strength: Strength
  /**
   * True for a mechanism whose initial response is its only message and that has no security layer: RFC 4954 4 then allows further
   * commands behind AUTH in one group.
   */
  readonly oneStep: boolean
  /**
   * Null when these credentials do not suit the mechanism. May load what it needs. An error here, and one of `Exchange.initial`, leaves the
   * way open for the next mechanism: nothing has been said to the server yet.
   */
  begin(context: SaslContext): Exchange | null | Promise<Exchange | null>
}

/**
 * What a mechanism gives away: `none` proves nothing (ANONYMOUS), `cleartext` hands the password to the server, `token` a bearer token,
 * `hash` (a response to a challenge) and `mutual` (the server proves itself too) give neither. The later ones are the stronger ones.
 */
export type Strength = 'none' | 'cleartext' | 'token' | 'hash' | 'mutual'

/** What a mechanism may need to know. */
export interface SaslContext {
  /** The service in names such as `smtp/host` (DIGEST-MD5) and `smtp@host` (GSSAPI): `smtp` for LMTP, too. */
  readonly service: 'smtp' | 'HTTP'
  /** Its host in such names; mostly `host`. */
  readonly serviceHost: string
  /** The host and port that are connected to. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: (() => string) | undefined
  readonly accessToken: (() => string) | undefined
  /** The identity to act as; undefined: the one that logs in. */
  readonly authorizationId: string | undefined
  /** DIGEST-MD5: the realm to choose. NTLM: the domain. Undefined: the server's. */
  readonly realm: string | undefined
  readonly ntlm: NtlmSettings | undefined
  /** Whether the session is under TLS. */
  readonly secure: boolean
  /** What the server offered, upper case: SCRAM tells it that its -PLUS form was not seen (RFC 5802 6). */
  readonly offered: readonly string[]
  /** How the exchange can be bound to the TLS session around it, the best first; empty without TLS. */
  readonly channelBindings: readonly ChannelBinding[]
  /** Where keys made of the password are kept for the next login with the same credentials; undefined: nowhere. */
  readonly keys?: KeyMemory | undefined
}

/** Octets that only the two ends of one TLS session know alike (RFC 5056). */
export interface ChannelBinding {
  /** RFC 9266, RFC 5929. */
  readonly type: 'tls-exporter' | 'tls-server-end-point'
  readonly octets: () => Uint8Array
}

/** NTLM (MS-NLMP). */
export interface NtlmSettings {
  /** Default 2. Version 1 can be broken by whoever sees it. */
  readonly version?: 1 | 2
  /** Flags to set besides in the NEGOTIATE message, MS-NLMP 2.2.2.5. */
  readonly flags?: number
  /** The name of this machine in the AUTHENTICATE message; default: empty. */
  readonly workstation?: string
}

/** One run of a mechanism. Messages are octets before base64. */
export interface Exchange {
  /** The initial response; undefined when the server speaks first. */
  initial(): Promise<Uint8Array | undefined> | Uint8Array | undefined
  /** The answer to a challenge; null cancels with "*". May throw for a challenge that cannot be; no other mechanism is tried then. */
  respond(challenge: Uint8Array): Promise<Uint8Array | null> | Uint8Array | null
  /** True when the exchange may end here with success; a mutual mechanism says false until the server has proven itself. */
  mayEnd(): boolean
  /** True while our proof is out and the server's is not in: whatever comes then that is no proof is one that failed. */
  awaitsProof?(): boolean
  /** What a failure challenge told, for the error; never a secret. */
  failure?(): string | undefined
  /** Another way to run the same mechanism once, after a plain refusal; undefined: there is none. */
  again?(): Exchange | undefined
  /** What this exchange sent that must not be seen, such as a key made of the password; the texts are kept out of the trail. */
  secrets?(): readonly string[]
}
