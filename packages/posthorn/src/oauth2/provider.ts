/**
 * Who gives tokens out. Either an OpenID provider (or another authorization server with RFC 8414 metadata) by its `issuer`, whose
 * endpoints are then discovered, or the endpoints themselves. `microsoft()` and `google()` make one. Addresses are https, or http on
 * this machine.
 */
export interface Provider {
  /** Checked against the metadata, and against `iss` in the answer to a sign-in (RFC 9207). Asked only when there is no `tokenUrl`. */
  readonly issuer?: string | undefined
  readonly tokenUrl?: string | undefined
  /** For the authorization code grant. */
  readonly authorizationUrl?: string | undefined
  /** For the device code grant. */
  readonly deviceAuthorizationUrl?: string | undefined
  /** What is asked for when the settings name no scope. */
  readonly scopes?: ProviderScopes | undefined
  /** Parameters of the authorization request besides. */
  readonly authorizationParameters?: Readonly<Record<string, string>> | undefined
  /** How a client secret is sent, when neither the settings nor the metadata say it. Default `basic` (RFC 6749 2.3.1). */
  readonly clientSecretMethod?: 'basic' | 'post' | undefined
  /** The signature of client assertions by RSA keys. Default `RS256`. */
  readonly assertionAlgorithm?: 'RS256' | 'PS256' | undefined
  /** The audience of client assertions (RFC 7523 3). Default: the discovered issuer, or the token endpoint. */
  readonly assertionAudience?: string | undefined
  /** How this machine is written in the redirect address. Default 127.0.0.1 (RFC 8252 8.3). */
  readonly redirectHost?: '127.0.0.1' | 'localhost' | undefined
}

export interface ProviderScopes {
  /** For the application itself: client credentials. */
  readonly application?: string | undefined
  /** For a person: sign-in, device code, password. */
  readonly delegated?: string | undefined
  /** Sent when a token is refreshed, unless the settings have a scope. Absent: none is sent, which stands for what was granted before. */
  readonly refresh?: string | undefined
}

/** What the token is for: the mail service decides which audience and scopes it must have. */
export type MailUse = 'smtp' | 'ews' | 'graph'
