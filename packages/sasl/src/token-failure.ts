/** What a server tells when it refuses a token (RFC 7628 3.2.2, and XOAUTH2), as far as it can be shown. */
const SHOWN = ['status', 'scope', 'openid-configuration'] as const
const MAX_SHOWN = 160

/** The facts of the JSON in a failure challenge, none of which is a secret; empty when it is no such JSON. */
export function tokenFailure(challenge: Uint8Array): string {
  let facts: unknown
  try {
    facts = JSON.parse(Buffer.from(challenge).toString('utf8'))
  } catch {
    return ''
  }
  if (typeof facts !== 'object' || facts === null) return ''
  const said = facts as Readonly<Record<string, unknown>>
  return SHOWN.flatMap((name) => {
    const value = said[name]
    if (typeof value !== 'string' && typeof value !== 'number') return []
    return [
      `${name} ${String(value)
        .replace(/[^\x20-\x7e]/g, '?')
        .slice(0, MAX_SHOWN)}`,
    ]
  }).join(', ')
}
