import type { Identity, PrivateKey } from '@posthorn/certificate'
import type { Secret } from '@posthorn/ground'
import type { WebOptions } from '@posthorn/net/web'
import type { Clock } from './clock.js'
import type { Grant } from './grant.js'
import type { Provider } from './provider.js'
import type { JwtAlgorithm } from './signed-jwt.js'
import type { TokenStore } from './token-store.js'

/** How tokens are had. */
export interface TokenOptions {
  /** Not needed for the grants `given` and `service-account`. */
  readonly provider?: Provider | undefined
  readonly grant: Grant
  /** The application's id. Not needed for the grants `given` and `service-account`. */
  readonly clientId?: string | undefined
  /** At most one of the three ways for the application to prove itself; none: a public client (RFC 6749 2.1). */
  readonly clientSecret?: string | Secret | undefined
  readonly clientCertificate?: ClientCertificate | undefined
  readonly clientAssertion?: ClientAssertion | undefined
  /** How the secret is sent: `basic`, in the Authorization field, or `post`, in the body. Default: what the provider says. */
  readonly clientSecretMethod?: 'basic' | 'post' | undefined
  /** Default: what the provider's preset says, or none, and the server decides. Empty: none. A list is joined by blanks. */
  readonly scope?: string | readonly string[] | undefined
  /** Parameters of the token request besides, such as `audience` or `resource` (RFC 8707). */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** Where tokens are kept. Default: in the memory of this source alone. */
  readonly store?: TokenStore | undefined
  /** The name in the store; sources of that name and store share their tokens. Needed for sign-ins kept in a store. */
  readonly credential?: string | undefined
  /** A token is renewed this long before its end, and up to a tenth of it earlier; default 60 000, less than an hour. */
  readonly expiryMarginMs?: number | undefined
  /** The way to the provider: proxy, TLS, `connectMs`, and `timeoutMs` for a whole request (default 60 000). */
  readonly web?: WebOptions | undefined
  /** Takes the place of all that `web` says but `timeoutMs`. */
  readonly fetch?: typeof fetch | undefined
  /** Told what happened. An error it throws is an uncaught exception of the process; the tokens are not touched by it. */
  readonly onEvent?: ((event: TokenEvent) => void) | undefined
  readonly clock?: Clock | undefined
}

/** The application proves itself by a signed assertion, RFC 7523 2.2. */
export interface ClientCertificate {
  /** From any certificate store; the key may be in a token. A key alone will do where the provider knows it by `keyId`. */
  readonly identity: Identity | PrivateKey
  /** `kid` in the header. */
  readonly keyId?: string | undefined
  /** Default: by the key; for RSA what the provider likes best. */
  readonly algorithm?: JwtAlgorithm | undefined
  /** `x5t#S256` (default) or, for AD FS, `x5t` in the header; `none` leaves both out. */
  readonly thumbprint?: 'sha256' | 'sha1' | 'none' | undefined
  /** `x5c`: sends the certificate and its chain along. Microsoft asks for it where a certificate is known by its subject and issuer. */
  readonly sendChain?: boolean | undefined
}

/** A signed assertion that somebody else makes, such as a workload identity: asked for, or read, before each request. */
export type ClientAssertion =
  | ((options: { readonly signal: AbortSignal }) => Promise<string | Secret> | string | Secret)
  | { readonly file: string }

/** What happened, without any secret. */
export type TokenEvent =
  /** A token was had from the provider and is in the store. */
  | { readonly type: 'renewed'; readonly credential: string; readonly expiresAt?: number | undefined }
  /** It could not be had; the error is the one that is thrown. `kept`: the token from before still serves. */
  | { readonly type: 'failed'; readonly credential: string; readonly code: string; readonly kept: boolean }
