/**
 * A SASL mechanism (RFC 4422) is a value: a name, a rank and a way to begin an exchange. It holds no socket; octets come in, octets
 * go out. Secrets stay inside `Exchange`.
 */
export interface Mechanism {
  /** As in EHLO, upper case. */
  readonly name: string
  /** `cleartext` hands the secret to the server, `token` a bearer token, `hash` and `mutual` never do. Tried from the right to the left. */
  readonly strength: 'cleartext' | 'token' | 'hash' | 'mutual'
  /**
   * True for a mechanism whose initial response is its only message and that has no security layer: RFC 4954 4 then allows further
   * commands behind AUTH in one group.
   */
  readonly oneStep: boolean
  /** Null when these credentials do not suit the mechanism. */
  begin(context: SaslContext): Exchange | null
}

export interface SaslContext {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: (() => string) | undefined
  readonly accessToken: (() => string) | undefined
  readonly authorizationId: string | undefined
  readonly secure: boolean
  /** 32 octets of channel binding, type `tls-exporter` (RFC 9266); undefined without TLS. */
  readonly tlsExporter: (() => Uint8Array) | undefined
}

/** One run of a mechanism. Messages are octets before base64. */
export interface Exchange {
  /** The initial response; undefined when the server speaks first. */
  initial(): Uint8Array | undefined
  /** The answer to a challenge; null cancels with "*". May throw for a challenge that cannot be. */
  respond(challenge: Uint8Array): Promise<Uint8Array | null> | Uint8Array | null
  /** True when the exchange may end here with success; a mutual mechanism says false until the server has proven itself. */
  mayEnd(): boolean
  /** What a failure challenge told, for the error; never a secret. */
  failure?(): string | undefined
}
