import { X509Certificate } from 'node:crypto'

/**
 * The server certificate inside a serialised TLS session. A resumed handshake shows no certificate, and Node then checks no name; the
 * session is the only place left to look. The form is OpenSSL's SSL_SESSION: a SEQUENCE that holds the certificate in field [3].
 * Undefined when there is none or the octets are something else.
 */
export function sessionCertificate(session: Buffer): X509Certificate | undefined {
  const outer = element(session, 0)
  if (outer?.tag !== 0x30) return undefined
  for (let at = outer.start; at < outer.end;) {
    const field = element(session, at)
    if (!field) return undefined
    if (field.tag === 0xa3) {
      try {
        return new X509Certificate(session.subarray(field.start, field.end))
      } catch {
        return undefined
      }
    }
    at = field.end
  }
  return undefined
}

interface Element {
  readonly tag: number
  readonly start: number
  readonly end: number
}

/** The DER element at an offset: its tag, and where its content starts and ends. */
function element(octets: Buffer, at: number): Element | undefined {
  const [tag, short] = [octets[at], octets[at + 1]]
  if (tag === undefined || short === undefined) return undefined
  const lengthOctets = short < 0x80 ? 0 : short & 0x7f
  if (lengthOctets > 4 || at + 2 + lengthOctets > octets.length) return undefined
  const start = at + 2 + lengthOctets
  const length = lengthOctets === 0 ? short : octets.readUIntBE(at + 2, lengthOctets)
  const end = start + length
  return end <= octets.length ? { tag, start, end } : undefined
}
