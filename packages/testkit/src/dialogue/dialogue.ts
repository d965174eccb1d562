import type { CertificateName } from '../certificates.js'

/** What one line of a dialogue asks of the server. `line` is its number in the file. */
export type Step = { readonly line: number } & (
  | { readonly kind: 'line'; readonly octets: Buffer } // without CRLF
  | { readonly kind: 'match'; readonly pattern: RegExp }
  | { readonly kind: 'content'; readonly sizeOctets: number; readonly sha256: string | undefined }
  | { readonly kind: 'exact'; readonly octets: Buffer }
  | { readonly kind: 'send'; readonly octets: Buffer } // with CRLF where it is a line
  | { readonly kind: 'repeat'; readonly octets: Buffer; readonly times: number } // with CRLF
  | { readonly kind: 'tls'; readonly certificate: CertificateName; readonly version: TlsVersion | undefined }
  | { readonly kind: 'wait' | 'trickle'; readonly delayMs: number }
  | { readonly kind: 'close' | 'reset' | 'silence' | 'deaf' | 'idle' | 'end' | 'flood' }
)

/** The only protocol version a `* tls` step speaks, when it names one. */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** A dialogue file, read. */
export interface Dialogue {
  /** The text of the first comment line, or an empty string. */
  readonly title: string
  /** The JSON object of the `@` lines, handed on untouched: the server knows nothing of it. Empty when there is none. */
  readonly about: Readonly<Record<string, unknown>>
  /** The steps of each connection, in the order in which they are accepted; at least one. */
  readonly sessions: readonly (readonly Step[])[]
}
