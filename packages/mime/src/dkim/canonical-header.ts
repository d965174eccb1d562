/** One header field as it stands, folded, with its CRLF. */
export interface RawField {
  /** In lower case. */
  readonly name: string
  readonly text: string
}

/** The fields of a header section of ours, in their order. */
export function rawFields(header: string): RawField[] {
  return header
    .split(/(?<=\r\n)(?![ \t])/)
    .filter((text) => text !== '')
    .map((text) => ({ name: text.slice(0, text.indexOf(':')).trimEnd().toLowerCase(), text }))
}

/** A field in canonical form, RFC 6376 3.4.1 and 3.4.2, with its CRLF. */
export function canonicalField(text: string, relaxed: boolean): string {
  if (!relaxed) return text
  const colon = text.indexOf(':')
  const name = text.slice(0, colon).trimEnd().toLowerCase()
  const value = text
    .slice(colon + 1)
    .replaceAll('\r\n', '')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '')
  return `${name}:${value}\r\n`
}

/**
 * Which fields a signature covers (RFC 6376 5.4): each wanted name as often as it is there, from the last up (5.4.2), and once more for
 * those that must not be added.
 */
export function signedFields(
  fields: readonly RawField[],
  wanted: readonly string[],
  oversigned: readonly string[],
): { readonly names: readonly string[]; readonly covered: readonly RawField[] } {
  const names: string[] = []
  const covered: RawField[] = []
  const more = new Set(oversigned)
  for (const name of new Set([...wanted, ...oversigned])) {
    for (let at = fields.length - 1; at >= 0; at--) {
      const field = fields[at]!
      if (field.name !== name) continue
      names.push(name)
      covered.push(field)
    }
    if (more.has(name)) names.push(name)
  }
  return { names, covered }
}
