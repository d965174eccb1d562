import type { Certificate } from '../certificate.js'
import type { RevocationCache } from './revocation-cache.js'

export type { RevocationCache }

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
  /**
   * The verified path, the server's own first, up to and with the one that is trusted, as `verifyChain` gives it. Nothing of it is checked here: in
   * what a server sent, addresses are anybody's, and the last certificate is not asked after.
   */
  readonly chain: readonly Certificate[]
  /** The OCSP response stapled to the handshake, when there was one (RFC 6066 8). */
  readonly stapled?: Uint8Array | undefined
  readonly crl: RevocationCheck
  readonly ocsp: RevocationCheck
  readonly fetch: RevocationFetch
  /** Ends the asking: what nobody has said by then is unknown. Each address has five seconds (`soft`) or fifteen. */
  readonly signal: AbortSignal
  /** Default: now. */
  readonly at?: Date | undefined
  /** Where answers are kept until the next ones are due; default: one for the process. */
  readonly cache?: RevocationCache | undefined
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

/**
 * Asks whether the certificates of a chain were taken back: all but the last one, which is trusted and not asked after. For each, OCSP
 * comes first (RFC 6960; what is stapled to the handshake, then the addresses in the certificate), then the CRL (RFC 5280 5); each setting
 * stands for itself: what it requires must be answered, whatever the other one says. A certificate on hold counts as revoked.
 *
 * - An answer counts when the issuer signed it, or a responder whom the issuer named in a certificate (RFC 6960 4.2.2.2), not with SHA-1 or
 *   MD5; when it speaks of this very certificate; and between its dates, with five minutes for clocks. Without an end it counts for a day.
 * - Only `http:` addresses are asked, at most two of a kind, for five seconds (`soft`) or fifteen each. Responses may have 64 KiB, CRLs 20 MB.
 * - `required` needs an answer for the server's certificate, and for an authority in between where that one names an address.
 * - With a certificate that must be shown with a stapled answer (RFC 7633), `ocsp: 'soft'` is `required`.
 * - Indirect and delta CRLs, and those with critical extensions that are not known, say nothing.
 *
 * It never rejects because an answer cannot be had or used: the finding says so.
 */
export async function checkRevocation(request: RevocationRequest): Promise<RevocationFinding> {
  const { checkChain } = await import('./check-chain.js')
  return checkChain(request)
}
