import type { Certificate } from '../certificate.js'

/** `soft`: a certificate that cannot be asked after passes; `required`: it does not. A revoked one passes in neither. */
export type RevocationCheck = 'off' | 'soft' | 'required'

/** Fetches what an address in a certificate names: GET, or POST when there is a body. Rejects when it cannot be had. */
export type RevocationFetch = (
  url: string,
  request: {
    readonly body?: Uint8Array | undefined
    readonly contentType?: string | undefined
    readonly signal: AbortSignal
    readonly maxOctets: number
  },
) => Promise<Uint8Array>

/** Which certificates are asked after, and how. */
export interface RevocationRequest {
  /** The verified chain, the server's own first, up to and with the root. */
  readonly chain: readonly Certificate[]
  /** The OCSP response stapled to the handshake, when there was one (RFC 6066 8). */
  readonly stapled?: Uint8Array | undefined
  readonly crl: RevocationCheck
  readonly ocsp: RevocationCheck
  readonly fetch: RevocationFetch
  readonly signal: AbortSignal
  /** Default: now. */
  readonly at?: Date | undefined
}

/** What asking after a chain came to. */
export interface RevocationFinding {
  /** `unknown`: nobody could say, and that matters only with `required`. */
  readonly status: 'good' | 'revoked' | 'unknown'
  /** True when the certificate must be refused. */
  readonly refused: boolean
  /** Who said it: `stapled`, `ocsp http://...`, `crl http://...`, and for `unknown` why nobody could. */
  readonly reason: string
  /** When it was revoked. */
  readonly revokedAt?: Date | undefined
}
