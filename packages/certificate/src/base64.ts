/** The octets of base64 (RFC 4648 4) with blanks anywhere; undefined for anything else, and for nothing. */
export function base64Octets(text: string): Buffer | undefined {
  const octets = blankOrBase64(text)
  return octets?.length ? octets : undefined
}

/**
 * As `base64Octets`, and no octets for nothing but blanks. In one pass: texts have some MiB, and taking blanks out first costs as much as
 * all the rest.
 */
export function blankOrBase64(text: string): Buffer | undefined {
  const end = text.search(/[^A-Za-z0-9+/\s]/)
  const padding = end < 0 ? '' : text.slice(end, end + MAX_PADDING)
  const isPadding = /^(?:=\s*){0,2}$/.test(padding) && (end < 0 || text.slice(end + MAX_PADDING).trim() === '')
  return isPadding ? Buffer.from(text, 'base64') : undefined
}

/** Two signs, and blanks between them. */
const MAX_PADDING = 16
