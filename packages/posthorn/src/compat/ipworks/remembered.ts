import type { Reply } from '@posthorn/ground'
import { TlsSessions, type TlsFacts } from '@posthorn/net'
import { Certificate } from './type/certificate.js'

/** What outlives one connection of a component. */
export interface Remembered {
  /** TLS sessions, for ReuseSSLSession. */
  readonly sessions: TlsSessions
  lastReply: Reply | undefined
  /** What the last handshake came to. */
  tls: TlsFacts | undefined
  serverCertificate: Certificate
  /** What was said about settings, which is said once. */
  readonly told: Set<string>
}

/** That of a component that has never been connected. */
export function nothingRemembered(): Remembered {
  return {
    sessions: new TlsSessions(),
    lastReply: undefined,
    tls: undefined,
    serverCertificate: new Certificate(),
    told: new Set(),
  }
}
