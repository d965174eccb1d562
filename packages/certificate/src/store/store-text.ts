/**
 * A store that is text, as text: UTF-8, or UTF-16 with a byte order mark, as programs for Windows write it. Octets that are neither come out as
 * something that no grammar takes.
 */
export function storeText(octets: Uint8Array): string {
  const [first, second] = octets
  if (first === 0xff && second === 0xfe) return decoded(octets, 'utf-16le')
  if (first === 0xfe && second === 0xff) return decoded(octets, 'utf-16be')
  return decoded(octets, 'utf-8')
}

/** Without the byte order mark, which the decoder takes off. */
function decoded(octets: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding).decode(octets)
}

/** How a text store begins, for telling its kind: blanks before it are passed over. */
export function beginningOf(octets: Uint8Array): string {
  return storeText(octets.subarray(0, MAX_BEGINNING)).trimStart()
}

const MAX_BEGINNING = 1024
