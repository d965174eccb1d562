/** The octets of base64 (RFC 4648 4) with blanks anywhere; undefined for anything else, and for nothing. */
export function base64Octets(text: string): Buffer | undefined {
  const digits = text.replaceAll(/\s+/g, '')
  return /^[A-Za-z0-9+/]+={0,2}$/.test(digits) ? Buffer.from(digits, 'base64') : undefined
}
