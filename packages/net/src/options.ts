import type { Secret } from '@posthorn/ground'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'

/** Which addresses are used: 0 both families, raced (RFC 8305); 4 IPv4 only; 6 IPv6 only. */
export type FamilyOption = 0 | 4 | 6

export interface ResolvedAddress {
  /** An IP address as text, without brackets. */
  readonly address: string
  readonly family: 4 | 6
}

/**
 * Turns a host name into addresses, in the order they should be tried within their family. Rejecting with an error whose `code` is
 * `ENOTFOUND` or `ENODATA` says that the name has no address; any other error is taken for a passing fault.
 */
export type Resolve = (
  host: string,
  options: { readonly family: FamilyOption; readonly signal: AbortSignal },
) => Promise<readonly ResolvedAddress[]>

/**
 * The seam where proxies plug in: opens the octet stream to `host:port` in place of a plain TCP connection; the host name is handed
 * over unresolved. Octets of the target that came early must still be unread in the socket (`unshift` puts them back). An own
 * `ConnectError` is passed on as it is, any other error is diagnosed. The signal is aborted when the attempt is over without success.
 */
export type ConnectorOption = (
  target: { readonly host: string; readonly port: number },
  options: { readonly signal: AbortSignal },
) => Promise<Socket>

/** How TLS is spoken: settings of `node:tls`, by their names there. Whatever stores certificates plugs in by producing these. */
export interface TlsOptions {
  /** Trusted authorities, PEM. Replaces the well-known ones that Node brings. */
  readonly ca?: ConnectionOptions['ca']
  /** Client certificate chain, PEM. Sent only if the server asks for it. */
  readonly cert?: ConnectionOptions['cert']
  /** Private key of the client certificate, PEM. */
  readonly key?: ConnectionOptions['key']
  /** Opens an encrypted `key` or `pfx`. */
  readonly passphrase?: string | Secret | undefined
  /** PKCS#12: client certificate and key in one. */
  readonly pfx?: ConnectionOptions['pfx']
  /** The name asked for in SNI and looked for in the certificate; default: the host. */
  readonly servername?: string | undefined
  /** Default TLSv1.2; older versions are dead (RFC 8996). */
  readonly minVersion?: ConnectionOptions['minVersion']
  readonly maxVersion?: ConnectionOptions['maxVersion']
  /** Cipher suites, in OpenSSL's notation. */
  readonly ciphers?: string | undefined
  /** Groups for the key exchange, `X25519:P-256`. */
  readonly ecdhCurve?: string | undefined
  /** Signature algorithms, `ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256`. */
  readonly sigalgs?: string | undefined
  /** A session to resume, from the `session` event (TLS 1.2: `getSession`) of an earlier socket. Left out if its name does not fit. */
  readonly session?: Buffer | undefined
  /** A context made beforehand by `tls.createSecureContext`; `ca` to `sigalgs` (all but `servername`) have no effect then. */
  readonly secureContext?: ConnectionOptions['secureContext']
  /** Default true, whatever the environment says. False weakens: any certificate is taken, and the trail says `verified: false`. */
  readonly rejectUnauthorized?: boolean | undefined
}

/** What happened on the way, for the protocol trail. */
export type NetEvent =
  /** A name was resolved; addresses in the order they are tried. Not for IP literals, nor with a connector. */
  | { readonly type: 'resolve'; readonly host: string; readonly addresses: readonly string[] }
  /** The stream is open. `address` is the one that won, or the host when a connector opened it. */
  | { readonly type: 'connect'; readonly address: string; readonly port: number }
  /** TLS is up. `verified` is false only when verification was switched off by name. */
  | {
      readonly type: 'tls'
      readonly protocol: string
      readonly cipher: string
      readonly verified: boolean
      readonly subject: string
    }

/** What `dial` needs to know. */
export interface DialOptions {
  /** A host name, or an IP address; an IPv6 address may stand in brackets. */
  readonly host: string
  readonly port: number
  /** `tls`: from the first octet. `plain`: no TLS, or later with `upgrade`. */
  readonly security: 'plain' | 'tls'
  /** Default 0. */
  readonly family?: FamilyOption | undefined
  /** The local IP address to connect from; only addresses of its family are tried. */
  readonly localAddress?: string | undefined
  /** The local port to connect from; default: any free one. */
  readonly localPort?: number | undefined
  /** TCP keep-alive; default true. */
  readonly keepAlive?: boolean | undefined
  /** TCP_NODELAY: no waiting for more octets to fill a packet; default true. */
  readonly noDelay?: boolean | undefined
  readonly tls?: TlsOptions | undefined
  /** Replaces the system's resolver. */
  readonly resolve?: Resolve | undefined
  /** Opens the stream in place of resolving and TCP; `family`, `localAddress` and the like are then its own business. */
  readonly connector?: ConnectorOption | undefined
  /** One total deadline over resolve, connect and TLS, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: NetEvent) => void) | undefined
}

/** What `upgrade` needs to know. */
export interface UpgradeOptions {
  /** The host as it was dialled: the certificate is checked against it. */
  readonly host: string
  readonly port: number
  readonly tls?: TlsOptions | undefined
  /** For the handshake, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: NetEvent) => void) | undefined
}

/** What `speaksTls` needs to know; the names are those of `DialOptions`. */
export type ProbeOptions = Pick<
  DialOptions,
  'host' | 'port' | 'family' | 'localAddress' | 'resolve' | 'connector' | 'timeoutMs' | 'signal'
>
