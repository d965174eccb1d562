import { BerReader, TAG } from './asn1/ber-reader.js'
import type { BerElement } from './asn1/ber-reader.js'

/** One attribute of a distinguished name, such as the common name. */
export interface NameAttribute {
  readonly oid: string
  /** The text; undefined when the value is not a string this code knows. */
  readonly text: string | undefined
  /** The value with its tag, as it stands in the name. */
  readonly value: Uint8Array
}

export const COMMON_NAME = '2.5.4.3'
export const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'

/** Short names: the table of RFC 4514 3, and those of RFC 4519 and RFC 2985 that certificates for people have. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  [COMMON_NAME]: 'CN',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.6': 'C',
  '2.5.4.9': 'STREET',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.12': 'title',
  '2.5.4.42': 'givenName',
  '2.5.4.97': 'organizationIdentifier',
  [EMAIL_ADDRESS]: 'emailAddress',
}

/** The relative distinguished names of a Name (RFC 5280 4.1.2.4), in the order they are encoded: least specific first. @throws {BerError} */
export function nameAttributes(name: Uint8Array): readonly (readonly NameAttribute[])[] {
  const reader = new BerReader(name).inside()
  const names: NameAttribute[][] = []
  while (!reader.done) {
    const set = reader.inside(TAG.set)
    const attributes: NameAttribute[] = []
    while (!set.done) {
      const attribute = set.inside()
      const oid = attribute.oid()
      const value = attribute.next()
      attributes.push({ oid, text: stringText(value), value: value.whole })
    }
    names.push(attributes)
  }
  return names
}

/** A Name as RFC 4514 writes it, most specific part first: `CN=Ann,O=Example`. @throws {BerError} */
export function nameText(name: Uint8Array): string {
  return nameAttributes(name)
    .map((attributes) => attributes.map(attributeText).join('+'))
    .reverse()
    .join(',')
}

function attributeText({ oid, text, value }: NameAttribute): string {
  const name = SHORT_NAMES[oid]
  // RFC 4514 2.4: a value whose name or syntax is not known is written as its BER in hexadecimal
  return name === undefined || text === undefined
    ? `${name ?? oid}=#${Buffer.from(value).toString('hex')}`
    : `${name}=${escaped(text)}`
}

/** RFC 4514 2.4. */
function escaped(text: string): string {
  return text
    .replaceAll(/["+,;<>\\]|^[# ]| $/g, '\\$&')
    .replaceAll(/[\0-\x1f\x7f]/g, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

const TELETEX_STRING = 0x14
const UNIVERSAL_STRING = 0x1c
/** NumericString, PrintableString, IA5String, VisibleString. */
const ASCII_STRINGS: readonly number[] = [0x12, 0x13, 0x16, 0x1a]

/** The text of a character string of X.680; undefined for anything else. */
export function stringText({ tag, content }: Pick<BerElement, 'tag' | 'content'>): string | undefined {
  const octets = Buffer.from(content.buffer, content.byteOffset, content.length)
  if (tag === TAG.utf8String) return octets.toString('utf8')
  // TeletexString stands for Latin-1 in nearly every certificate that has it; an octet above 127 in the others is treated alike
  if (ASCII_STRINGS.includes(tag) || tag === TELETEX_STRING) return octets.toString('latin1')
  if (tag === TAG.bmpString && octets.length % 2 === 0) return Buffer.from(octets).swap16().toString('utf16le')
  if (tag === UNIVERSAL_STRING && octets.length % 4 === 0) return universalText(octets)
  return undefined
}

function universalText(octets: Buffer): string | undefined {
  let text = ''
  for (let at = 0; at < octets.length; at += 4) {
    const point = octets.readUInt32BE(at)
    if (point > 0x10ffff) return undefined
    text += String.fromCodePoint(point)
  }
  return text
}

/** The texts of all attributes of one kind. */
export function attributeTexts(name: Uint8Array, oid: string): readonly string[] {
  return nameAttributes(name)
    .flat()
    .flatMap((attribute) => (attribute.oid === oid && attribute.text !== undefined ? [attribute.text] : []))
}
