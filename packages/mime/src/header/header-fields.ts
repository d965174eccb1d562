/** One field as it stands, unfolded (RFC 5322 2.2.3), without the space behind its colon. */
export interface HeaderField {
  readonly name: string
  readonly value: string
}

/** The fields of a header section that was composed: each ends with CRLF, and none is empty of a name. */
export function headerFields(section: string): readonly HeaderField[] {
  return section
    .slice(0, -2)
    .split(/\r\n(?![ \t])/)
    .map((field) => {
      const colon = field.indexOf(':')
      return {
        name: field.slice(0, colon),
        value: field
          .slice(colon + 1)
          .replaceAll('\r\n', '')
          .trimStart(),
      }
    })
}
