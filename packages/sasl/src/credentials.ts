import type { Secret } from '@posthorn/ground'
import type { NtlmSettings } from './mechanism.js'

/** Who logs in, and with what. A function is asked for a token whenever a session logs in. */
export type Credentials = PasswordCredentials | TokenCredentials | MechanismCredentials

/** What some mechanisms want to know besides. */
export interface LoginTerms {
  /** The identity to act as: PLAIN, DIGEST-MD5, SCRAM, OAUTHBEARER, EXTERNAL, GSSAPI. Default: the one that logs in. */
  readonly authorizationId?: string
  /** DIGEST-MD5: the realm, where the server offers several. NTLM: the domain (`DOMAIN\user` as the user says the same). */
  readonly realm?: string
  readonly ntlm?: NtlmSettings
  /** The name of the server in DIGEST-MD5 and GSSAPI, when it is not the host that is connected to. */
  readonly serviceHost?: string
  /**
   * Default false. True: without `serviceHost` that name is the one the reverse lookup of the connected address gives, where there is one. It
   * weakens: who can change what DNS says chooses the server that the login is made out to.
   */
  readonly canonicalHost?: boolean
}

export interface PasswordCredentials extends LoginTerms {
  readonly user: string
  readonly password: string | Secret
  /** To use this mechanism and no other. */
  readonly mechanism?: string
}

export interface TokenCredentials extends LoginTerms {
  readonly user: string
  readonly accessToken: string | Secret | TokenSource
  /** To use this mechanism (`XOAUTH2`, `OAUTHBEARER`) and no other. */
  readonly mechanism?: string
}

/**
 * Gives an access token. `rejected` is the token the server has just refused: a source that keeps tokens must not give that one again
 * (RFC 7628 3.2.3); it is asked so once for each token.
 */
export type TokenSource = (request?: {
  readonly rejected?: Secret
  readonly signal?: AbortSignal
}) => Promise<AccessToken>

/** A token, with its end when that is known: sessions leave the pool before it. Milliseconds since 1970 for a number. */
export type AccessToken = string | Secret | { readonly token: string | Secret; readonly expiresAt?: Date | number }

/** For a mechanism that needs neither (EXTERNAL, GSSAPI, ANONYMOUS) or is one's own. For ANONYMOUS the user is the trace (RFC 4505). */
export interface MechanismCredentials extends LoginTerms {
  readonly mechanism: string
  readonly user?: string
  readonly password?: string | Secret
}
