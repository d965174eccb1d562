import type { Secret } from '@posthorn/ground'

/** A password in the forms that PKCS #12 wants. */
export interface PasswordOctets {
  /** BMPString with two zero octets at its end (RFC 7292 B.1), or nothing at all. */
  readonly bmp: Uint8Array
  /** For PBES2. RFC 8018 2 leaves the charset open; every writer uses UTF-8. */
  readonly utf8: Uint8Array
}

const NOTHING = new Uint8Array(0)

/**
 * The forms to try, likeliest first. An empty password may have been written as two zero octets or as none. OpenSSL before 1.1 took each
 * octet of a UTF-8 password for a character.
 */
export function passwordForms(password: Secret | undefined): readonly PasswordOctets[] {
  const text = password?.reveal() ?? ''
  if (text === '') {
    return [
      { bmp: new Uint8Array(2), utf8: NOTHING },
      { bmp: NOTHING, utf8: NOTHING },
    ]
  }
  const utf8 = Buffer.from(text, 'utf8')
  const form = { bmp: bmpString(text), utf8 }
  return utf8.length === text.length ? [form] : [form, { bmp: bmpString(utf8.toString('latin1')), utf8 }]
}

function bmpString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, 'utf16le').swap16()
}
