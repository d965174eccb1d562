import { ProtocolError } from '@posthorn/ground'
import type { NtlmSettings } from './mechanism.js'

/** What the third message is made of. */
export interface NtlmAuthentication {
  /** The CHALLENGE message as it came. */
  readonly challenge: Uint8Array
  /** The name alone; `DOMAIN\user` says the domain, too. */
  readonly user: string
  readonly password: string
  /** Default: empty, unless the user has one. */
  readonly domain?: string | undefined
  readonly settings?: NtlmSettings | undefined
  /** The NEGOTIATE message as it was sent: the message integrity code is taken over all three. */
  readonly negotiate?: Uint8Array | undefined
  /** The service, `SMTP/host`, `HTTP/host`. */
  readonly targetName?: string | undefined
  /** tls-server-end-point of the TLS session around it. */
  readonly channelBinding?: Uint8Array | undefined
}

/** The NEGOTIATE message, MS-NLMP 2.2.1.1. */
export function ntlmNegotiate(settings?: NtlmSettings & { readonly domain?: string }): Uint8Array {
  void settings
  throw unfinished()
}

/** The AUTHENTICATE message, MS-NLMP 2.2.1.3. @throws {ProtocolError} `sasl.challenge` */
export function ntlmAuthenticate(authentication: NtlmAuthentication): Uint8Array {
  void authentication
  throw unfinished()
}

function unfinished(): ProtocolError {
  return new ProtocolError('sasl.challenge', 'unfinished', { phase: 'auth', outcome: 'permanent' })
}
