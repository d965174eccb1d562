import type { Secret } from '@posthorn/ground'

/** Where the right to a token comes from. */
export type Grant =
  /** The application itself, RFC 6749 4.4. */
  | { readonly type: 'client-credentials' }
  /** A refresh token had elsewhere, RFC 6749 6. What takes its place is kept in the store; give a file store if it rotates. */
  | { readonly type: 'refresh-token'; readonly refreshToken: string | Secret }
  /** A person signs in with a browser, RFC 6749 4.1, 7636, 8252. Without `browser` only what is in the store is used. */
  | { readonly type: 'authorization-code'; readonly browser?: BrowserSignIn | undefined }
  /** A person signs in on another device, RFC 8628. `show` tells them where; without it only what is in the store is used. */
  | { readonly type: 'device-code'; readonly show?: ((code: DeviceCode) => Promise<void> | void) | undefined }
  /** The password of a person, RFC 6749 4.3; RFC 9700 2.4 forbids it, and some servers know nothing else. */
  | { readonly type: 'password'; readonly user: string; readonly password: string | Secret }
  /** A Google service account, RFC 7523 2.1. `subject`: the mailbox to act for, by domain-wide delegation. */
  | { readonly type: 'service-account'; readonly key: ServiceAccountKey; readonly subject?: string | undefined }
  /** An authorization string made by hand: a token, with or without `Bearer` before it. */
  | { readonly type: 'given'; readonly authorization: string | Secret }

/** How a person signs in with the browser of this machine. */
export interface BrowserSignIn {
  /** Opens an address in the browser, or shows it. */
  readonly open: (url: string) => Promise<void> | void
  /** Of the redirect address on this machine. Default: a free one, which providers allow for native apps (RFC 8252 7.3). */
  readonly port?: number | undefined
  /** Of the redirect address, beginning with a slash; default: none. */
  readonly path?: string | undefined
  /** Closes the window after success instead of saying so. Errors are shown in any case. Default false. */
  readonly hideResponse?: boolean | undefined
  /** How long the person may take, in milliseconds; default 300 000. */
  readonly timeoutMs?: number | undefined
}

/** What a person is shown, RFC 8628 3.3. */
export interface DeviceCode {
  /** To be entered there. */
  readonly userCode: string
  readonly verificationUri: string
  /** The same with the code in it, for a QR code. */
  readonly verificationUriComplete: string | undefined
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** The JSON key file of a Google service account: its path, or its text. */
export type ServiceAccountKey = { readonly file: string } | { readonly json: string | Secret }
