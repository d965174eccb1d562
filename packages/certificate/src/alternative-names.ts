import { BerReader, insideOnly, oidText } from './asn1/ber-reader.js'
import type { BerElement } from './asn1/ber-reader.js'
import type { AlternativeName } from './certificate.js'
import { nameText } from './distinguished-name.js'

/**
 * All entries of subjectAltName, in their order. Those that are not what RFC 5280 4.2.1.6 says, such as an IP address of five octets, are
 * left out; how many there may be was checked when the certificate was read.
 * @param value the value of the extension; undefined when there is none
 */
export function alternativeNames(value: Uint8Array | undefined): readonly AlternativeName[] {
  const names: AlternativeName[] = []
  const reader = value && insideOnly(value)
  while (reader && !reader.done) {
    const name = alternativeName(reader.next())
    if (name) names.push(name)
  }
  return names
}

/** RFC 5280 4.2.1.6, GeneralName. x400Address and ediPartyName are in no certificate. */
function alternativeName({ tag, content }: BerElement): AlternativeName | undefined {
  const text = () => Buffer.from(content).toString('latin1')
  try {
    switch (tag) {
      case 0x81:
        return { type: 'email', value: text() }
      case 0x82:
        return { type: 'dns', value: text() }
      case 0x86:
        return { type: 'uri', value: text() }
      case 0x87:
        return ipAddress(content)
      case 0xa4:
        return { type: 'directory', value: nameText(new BerReader(content).next().whole) }
      case 0x88:
        return { type: 'registeredId', value: oidText(content) }
      case 0xa0:
        return { type: 'other', value: new BerReader(content).oid() }
      default:
        return undefined
    }
  } catch {
    return undefined
  }
}

function ipAddress(octets: Uint8Array): AlternativeName | undefined {
  if (octets.length === 4) return { type: 'ip', value: octets.join('.') }
  if (octets.length !== 16) return undefined
  const groups = Array.from({ length: 8 }, (_, at) => (octets[2 * at]! * 256 + octets[2 * at + 1]!).toString(16))
  // the URL parser writes IPv6 addresses as RFC 5952 wants them
  return { type: 'ip', value: new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1) }
}
