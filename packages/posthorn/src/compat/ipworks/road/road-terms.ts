import type { TlsOptions, TlsSessionStore } from '@posthorn/net'

/** What the class brings to a connection besides the settings. */
export interface RoadTerms {
  /** Asked for each server certificate: the class keeps it, and fires SSLServerAuthentication. */
  readonly decide?: TlsOptions['decide'] | undefined
  readonly onRecord?: TlsOptions['onRecord'] | undefined
  /** Kept by the class over its connections, for ReuseSSLSession. */
  readonly sessions?: TlsSessionStore | undefined
  /** Ends the lookup of LocalHost. */
  readonly signal: AbortSignal
  /** Sentences for PITrail, direction 2: a setting that has no effect. */
  readonly note: (text: string) => void
}
