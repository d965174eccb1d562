import type { Secret } from '@posthorn/ground'

/** Who logs in, and with what. A function is asked for a fresh token whenever a session logs in. */
export type Credentials = PasswordCredentials | TokenCredentials | MechanismCredentials

export interface PasswordCredentials {
  readonly user: string
  readonly password: string | Secret
  /** The identity to act as (RFC 4616); default: the user. */
  readonly authorizationId?: string
}

export interface TokenCredentials {
  readonly user: string
  readonly accessToken: string | Secret | (() => Promise<AccessToken>)
}

/** A token, with its end when that is known: sessions leave the pool before it. */
export type AccessToken = string | Secret | { readonly token: string | Secret; readonly expiresAt?: Date | number }

/** For a mechanism that needs neither, such as EXTERNAL or one's own. */
export interface MechanismCredentials {
  readonly mechanism: string
  readonly user?: string
  readonly password?: string | Secret
}
