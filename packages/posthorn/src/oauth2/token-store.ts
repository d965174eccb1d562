import type { Secret } from '@posthorn/ground'

/** Where tokens are kept between requests. */
export interface TokenStore {
  /** What is kept under that name. @throws {SettingsError} `oauth2.store-...` */
  read(credential: string): Promise<StoredTokens | undefined>
  /** Resolves once it would be there after a power cut; undefined takes the entry away. @throws {SettingsError} `oauth2.store-...` */
  write(credential: string, tokens: StoredTokens | undefined): Promise<void>
  /** Runs while nobody else who shares the store holds the same name. @throws {SettingsError} `oauth2.store-locked`; what `run` throws */
  lock<T>(credential: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** The tokens of one credential. Times in milliseconds since 1970. */
export interface StoredTokens {
  readonly accessToken?: Secret | undefined
  readonly obtainedAt: number
  /** Undefined when the provider did not say. */
  readonly expiresAt?: number | undefined
  readonly refreshToken?: Secret | undefined
  /** The one before, for providers that take it for a while yet. */
  readonly previousRefreshToken?: Secret | undefined
  /** SHA-256 of the refresh token in the settings that all this began with: a new one there begins anew. */
  readonly seed?: string | undefined
  /** SHA-256 of whose they are: provider, client, user. Tokens of others under the same name are not used. */
  readonly owner?: string | undefined
  /** SHA-256 of what the access token was asked for: scope and parameters. */
  readonly purpose?: string | undefined
}
