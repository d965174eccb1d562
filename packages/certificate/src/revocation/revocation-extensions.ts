import { BerError, BerReader, insideOnly, TAG } from '../asn1/ber-reader.js'
import type { BerRules } from '../asn1/ber-reader.js'
import type { Certificate } from '../certificate.js'

/** Ten are many. */
const MAX_EXTENSIONS = 50

/**
 * The values of the extensions in a CRL, an entry of it, an OCSP response or a certificate, by object identifier.
 * @param der the Extensions; undefined when there are none
 * @param known what may be critical: anything else that is makes the whole unusable (RFC 5280 5.2, RFC 6960 4.4); default: everything
 * @throws {BerError} when one is critical and not known, or stands there twice; when there are more than 50
 */
export function revocationExtensions(
  der: Uint8Array | undefined,
  known?: readonly string[],
  rules: BerRules = 'any',
): ReadonlyMap<string, Uint8Array> {
  const values = new Map<string, Uint8Array>()
  const list = der && new BerReader(der, rules).inside()
  while (list && !list.done) {
    const extension = list.inside()
    const oid = extension.oid()
    const critical = extension.optional(TAG.boolean)
    if (critical && critical.content[0] !== 0 && known && !known.includes(oid)) {
      throw new BerError(`has a critical extension that is not known (${oid})`)
    }
    if (values.has(oid)) throw new BerError(`has the extension ${oid} twice`)
    values.set(oid, extension.octetString())
    if (values.size > MAX_EXTENSIONS) throw new BerError(`has more than ${MAX_EXTENSIONS} extensions`)
  }
  return values
}

const CERTIFICATE_EXTENSIONS = 0xa3

/** Whether a certificate has an extension, whatever is in it. @throws {BerError} when its extensions cannot be read */
export function hasExtension({ der }: Certificate, oid: string): boolean {
  const toBeSigned = insideOnly(der).inside()
  let found: Uint8Array | undefined
  while (!toBeSigned.done) {
    const { tag, content } = toBeSigned.next()
    if (tag === CERTIFICATE_EXTENSIONS) found = content
  }
  return revocationExtensions(found).has(oid)
}
