import type { Certificate, Identity } from '@posthorn/certificate'
import type { Secret } from '@posthorn/ground'
import type { NtlmSettings } from '@posthorn/sasl'
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

/** How TLS is spoken. What `node:tls` has too bears its name there. */
export interface TlsOptions {
  /** Trusted authorities, PEM. Replaces the well-known ones that Node brings. */
  readonly ca?: ConnectionOptions['ca']
  /** Authorities trusted besides `ca`, or besides the well-known ones; a self-signed server certificate, too. PEM, DER or read. */
  readonly extraCa?: TrustedCertificate | readonly TrustedCertificate[] | undefined
  /** Client certificate chain, PEM. Sent only if the server asks for it. */
  readonly cert?: ConnectionOptions['cert']
  /** Private key of the client certificate, PEM. */
  readonly key?: ConnectionOptions['key']
  /** Opens an encrypted `key` or `pfx`. */
  readonly passphrase?: string | Secret | undefined
  /** PKCS#12: client certificate and key in one; also with the old encryptions (RC2, 3DES) that OpenSSL 3 refuses. */
  readonly pfx?: ConnectionOptions['pfx']
  /** Client certificate and key out of any store (`openCertificateStore(...).identity()`), in place of `cert`, `key` and `pfx`. */
  readonly identity?: Identity | undefined
  /** The name asked for in SNI and looked for in the certificate; default: the host. */
  readonly servername?: string | undefined
  /** Default TLSv1.2. TLSv1 and TLSv1.1 are dead (RFC 8996) and only spoken when asked for by name here; security level 0 is then set. */
  readonly minVersion?: ConnectionOptions['minVersion']
  readonly maxVersion?: ConnectionOptions['maxVersion']
  /**
   * Cipher suites by IANA, OpenSSL or JSSE (`SSL_` prefix) names, or a cipher string of OpenSSL, between `;`, `:`, `,` or blanks; `*` for what
   * Node offers. Unknown ones are left out, and named when none is left. IANA and JSSE names of suites for TLS 1.2 are all there is, also for
   * TLS 1.3; OpenSSL names leave the suites of TLS 1.3 alone.
   */
  readonly ciphers?: string | readonly string[] | undefined
  /** The smallest symmetric key, in bits; suites below are not offered. Default: no limit of its own. */
  readonly minStrengthBits?: number | undefined
  /** Groups for the key exchange, `X25519:P-256`, by IANA (`secp256r1`), OpenSSL (`P-256`) or IPWorks (`ecdhe_secp256r1`) names; the first gets the key share. */
  readonly ecdhCurve?: string | readonly string[] | undefined
  /** Signature algorithms, `ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256`, by IANA or OpenSSL (`RSA+SHA256`) names or as pairs (`sha256-rsa`). */
  readonly sigalgs?: string | readonly string[] | undefined
  /**
   * A session to resume, from the `session` event (TLS 1.2: `getSession`) of an earlier socket with the same trust: the verdict of OpenSSL on
   * the chain is in it. Left out if its name or its dates do not fit, and where the chain is needed (`pins`, `decide`, `revocation`, `dane`).
   */
  readonly session?: Buffer | undefined
  /** Where sessions are kept to be resumed by the next connection to the same name with the same settings. */
  readonly sessions?: TlsSessionStore | undefined
  /**
   * A context made beforehand by `tls.createSecureContext`; `ca` to `sigalgs` (all but `servername`) have no effect on the handshake then. `pins`,
   * `revocation` and `decide` need to know whom it trusts: give that as `ca` or `extraCa`, too, unless it is what Node brings.
   */
  readonly secureContext?: ConnectionOptions['secureContext']
  /** Default true, whatever the environment says. False weakens: any certificate is taken, and the trail says `verified: false`. */
  readonly rejectUnauthorized?: boolean | undefined
  /** Default true. False weakens: the chain is checked, the name is not. */
  readonly verifyHost?: boolean | undefined
  /** Hosts, compared without case (`*`: all), whose chain is not checked; their name still is. Weakens. */
  readonly trustHosts?: readonly string[] | undefined
  /** Server certificates taken whatever is wrong with them: exactly these, octet for octet. Others are verified as usual. Weakens. */
  readonly acceptedCertificates?: TrustedCertificate | readonly TrustedCertificate[] | undefined
  /**
   * SHA-256 of the SubjectPublicKeyInfo, in base64 with or without `sha256/` (RFC 7469 2.4) or in hexadecimal: besides all other checks
   * one certificate of the verified path must have one of these keys.
   */
  readonly pins?: readonly string[] | undefined
  /** Whether certificates are asked after that were taken back; default: not. */
  readonly revocation?: RevocationChecks | undefined
  /**
   * TLSA records to be met in place of the authorities, RFC 7672; from a validating resolver. Records that cannot be used for mail are left out;
   * when none is left, the authorities count: it takes `rejectUnauthorized: false` to do without (RFC 7672 2.2).
   */
  readonly dane?: DaneRequirement | undefined
  /**
   * Decides on the server's certificate after everything else has been judged: true takes it, false refuses it, undefined leaves it at
   * the judgement. Awaited within the time for the handshake; nothing is sent over the session before.
   */
  readonly decide?:
    ((certificate: ServerCertificateFacts) => Promise<boolean | undefined> | boolean | undefined) | undefined
  /** A file that gets the secrets of every session, in the NSS key log format, for reading a recording of the traffic. Weakens all of it. */
  readonly keyLogFile?: string | undefined
  /** Is told of every TLS record that passes, for a look at the wire. Costs a copy of everything; leave it out otherwise. */
  readonly onRecord?: ((record: TlsRecord) => void) | undefined
}

/** One record of TLS, RFC 8446 5.1. */
export interface TlsRecord {
  readonly direction: 'in' | 'out'
  /** `handshake`, `alert`, `change_cipher_spec`, `application_data`; with TLS 1.3 all that is encrypted goes by the last name. */
  readonly type: string
  /** With its header. */
  readonly octets: number
}

/** A certificate as PEM (several in one text), DER, or read. */
export type TrustedCertificate = string | Uint8Array | Certificate

/** Sessions by name and settings. */
export interface TlsSessionStore {
  get(key: string): Buffer | undefined
  set(key: string, session: Buffer): void
  /** A session that could not be used. */
  delete(key: string): void
}

/** `soft`: a certificate that cannot be asked after is taken; `required`: it is refused. A revoked one is refused in both. */
export interface RevocationChecks {
  readonly crl?: 'off' | 'soft' | 'required' | undefined
  /** The answer stapled to the handshake first, then the address in the certificate. */
  readonly ocsp?: 'off' | 'soft' | 'required' | undefined
}

/** One TLSA record, RFC 6698 2.1. */
export interface TlsaRecord {
  readonly usage: number
  readonly selector: number
  readonly matching: number
  readonly data: Uint8Array
}

/** What DANE asks of a server, RFC 7672. */
export interface DaneRequirement {
  readonly records: readonly TlsaRecord[]
  /** Names a DANE-TA(2) certificate may be for; the first one is the TLSA base domain, which is asked for in SNI (8.1). */
  readonly names: readonly string[]
}

/** What `decide` sees. */
export interface ServerCertificateFacts {
  readonly host: string
  readonly port: number
  /** The name it was checked against. */
  readonly name: string
  /** The version that was agreed on: `TLSv1.2`, `TLSv1.3`. */
  readonly protocol: string
  readonly certificate: Certificate
  /**
   * Its own first. With `chainVerified` the path that was verified, the trusted one last. Where the chain does not count as verified, what the server
   * sent as far as each signed the one below: nothing of it is proved. Its own alone where OpenSSL found a path that cannot be told.
   */
  readonly chain: readonly Certificate[]
  /** True when `chain` leads to an authority that is trusted, or to one that a TLSA record names. */
  readonly chainVerified: boolean
  readonly subject: string
  readonly issuer: string
  /** `ok`, or the code of the error that would be thrown: `tls.wrong-name`, `tls.revoked`, ... */
  readonly status: string
  /** Why, in a sentence; empty for `ok`. */
  readonly reason: string
}

/** The way through a proxy. */
export interface ProxyOptions {
  /** `http`: CONNECT (RFC 9110 9.3.6); `https`: CONNECT inside TLS to the proxy; SOCKS 4, 4a, or 5 (RFC 1928). */
  readonly type: 'http' | 'https' | 'socks4' | 'socks4a' | 'socks5'
  readonly host: string
  /** Default 80 for `http`, 443 for `https`, 1080 for SOCKS. */
  readonly port?: number | undefined
  /** For SOCKS 4 and 4a the user id. */
  readonly user?: string | undefined
  readonly password?: string | Secret | undefined
  /** `auto` (default): none unless the proxy asks, then the strongest it offers: Digest, NTLM, Basic. With the others: that one alone. SOCKS 5 has `none` and `password`. */
  readonly authentication?: 'auto' | 'none' | 'basic' | 'digest' | 'ntlm' | 'password' | undefined
  readonly ntlm?: (NtlmSettings & { readonly domain?: string }) | undefined
  /** Who resolves the name of the server. Default `remote`, for `socks4` `local` (it can nothing else). */
  readonly resolve?: 'remote' | 'local' | undefined
  /** Header fields to be sent with CONNECT besides. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** TLS to the proxy, for `https`. */
  readonly tls?: TlsOptions | undefined
  /** Hosts reached directly: names, `*.suffix`, `.suffix`, addresses, CIDR, each with `:port` if you like, or `*`. */
  readonly bypass?: readonly string[] | undefined
}

/**
 * A proxy, or where to find one: `environment` reads `SOCKS_PROXY`, `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; `system`
 * does the same and then asks Windows or macOS; a URL such as `socks5://user:password@proxy.example:1080`; `none`.
 */
export type ProxyChoice = ProxyOptions | 'environment' | 'system' | 'none' | (string & {})

/** Settings of the TCP socket. */
export interface SocketOptions {
  /** TCP keep-alive; default true. */
  readonly keepAlive?: boolean | undefined
  /** Idle time before the first keep-alive probe, in milliseconds; the system's default (often two hours) when left out. */
  readonly keepAliveDelayMs?: number | undefined
  /** TCP_NODELAY: no waiting for more octets to fill a packet; default true. */
  readonly noDelay?: boolean | undefined
  /** How the connection is closed: true (default) sends what is left, then FIN; false resets it at once. */
  readonly linger?: boolean | undefined
  /** With `linger`: how long the close may take before the connection is reset, in milliseconds. Default: as long as the system takes. */
  readonly lingerMs?: number | undefined
  /** The most octets a second that are written, over any second. Default: no limit. */
  readonly maxOctetsPerSecond?: number | undefined
  /** What the stream reads ahead, in octets. Node cannot set the buffers of the system. */
  readonly readBufferOctets?: number | undefined
  /** What the stream holds before it makes the writer wait, in octets. Node cannot set the buffers of the system. */
  readonly writeBufferOctets?: number | undefined
}

/** What was agreed on in a handshake. */
export interface TlsFacts {
  /** `TLSv1.2`, `TLSv1.3`. */
  readonly protocol: string
  /** The suite by its IANA name. */
  readonly cipher: string
  /** The suite by its OpenSSL name. */
  readonly cipherName: string
  /** Bits of the symmetric key. */
  readonly strengthBits: number
  /** `ECDHE_X25519`, `ECDHE_prime256v1`, `DHE`, `RSA`; empty when it cannot be told. */
  readonly keyExchange: string
  /** 0 when it cannot be told. */
  readonly keyExchangeBits: number
  readonly resumed: boolean
  /** False only when a check was switched off by name, or failed and was overruled; `unverified` says why. */
  readonly verified: boolean
  readonly unverified?: string | undefined
  /** Of the server's certificate. */
  readonly subject: string
  readonly issuer: string
  /** SHA-256 of the server's certificate, hexadecimal. */
  readonly fingerprint: string
  /** What asking after revocation came to, when it was asked for. */
  readonly revocation?: 'good' | 'unknown' | undefined
}

/** What happened on the way, for the protocol trail. */
export type NetEvent =
  /** A name was resolved; addresses in the order they are tried. Not for IP literals, nor with a connector. */
  | { readonly type: 'resolve'; readonly host: string; readonly addresses: readonly string[] }
  /** The stream is open. `address` is the one that won; with a proxy what it was given, with a connector the host. */
  | { readonly type: 'connect'; readonly address: string; readonly port: number }
  /** The proxy has opened the way to the server. `address` is where the proxy was reached. */
  | { readonly type: 'proxy'; readonly proxy: string; readonly address: string; readonly port: number }
  /** TLS is up, to the server or (`to: 'proxy'`) to the proxy. */
  | ({ readonly type: 'tls'; readonly to: 'server' | 'proxy' } & TlsFacts)
  /** Something that weakens a check was set, or a setting had to be left out. */
  | { readonly type: 'note'; readonly text: string }

/** What `dial` needs to know. */
export interface DialOptions extends SocketOptions {
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
  readonly tls?: TlsOptions | undefined
  /** Default: none. */
  readonly proxy?: ProxyChoice | undefined
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
  /** For what must be asked on the web (revocation); default: no proxy. */
  readonly proxy?: ProxyChoice | undefined
  /** For the handshake, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: NetEvent) => void) | undefined
}

/** What `speaksTls` needs to know; the names are those of `DialOptions`. */
export type ProbeOptions = Pick<
  DialOptions,
  'host' | 'port' | 'family' | 'localAddress' | 'resolve' | 'proxy' | 'connector' | 'timeoutMs' | 'signal'
>
