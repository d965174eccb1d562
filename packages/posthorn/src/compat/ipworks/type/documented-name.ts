/** What the document calls attributes that RFC 4514 and the certificates name otherwise. */
const SHORT: Readonly<Record<string, string>> = { ST: 'S', emailAddress: 'E' }

/**
 * A distinguished name as the document writes it, `CN=relay, O="Example, Inc.", S=Bavaria, E=ann@example.com`: a blank behind each comma, and
 * values with a comma in quotation marks. A subject that is set to it finds the same certificate. [ipworks.type.Certificate.Subject]
 * @param name by RFC 4514
 */
export function documentedName(name: string): string {
  const parts = name.match(/(?:\\.|[^\\,])+/gs) ?? []
  return parts.map(documentedPart).join(', ')
}

function documentedPart(part: string): string {
  const equals = part.indexOf('=')
  const attribute = part.slice(0, equals)
  const value = part.slice(equals + 1)
  return `${SHORT[attribute] ?? attribute}=${quoted(value)}`
}

/** A value with a quotation mark, a backslash, an octet in hexadecimal or a further attribute keeps the form of RFC 4514, which can say it. */
function quoted(value: string): string {
  if (!value.includes('\\') || /\\["\\\da-f]|(?<!\\)\+/i.test(value)) return value
  return `"${value.replaceAll(/\\(.)/gs, '$1')}"`
}
