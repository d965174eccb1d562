import type { ProviderRequest } from './provider-request.js'

/** What a server that refuses these must be able to name. All else in a request is taken for a secret: `parameters` may hold anything. */
const PUBLIC: ReadonlySet<string> = new Set([
  ...['grant_type', 'client_id', 'client_assertion_type', 'redirect_uri', 'username', 'scope', 'audience', 'resource'],
  ...['tenant', 'requested_token_type', 'requested_token_use', 'subject_token_type', 'actor_token_type'],
])
/** Secrets by their names, however short they are. */
const SECRET: ReadonlySet<string> = new Set(['client_secret', 'password', 'code'])
/** A shorter value of a parameter could be part of any text. */
const MIN_LENGTH = 4

/** What a request carries that must not be seen anywhere else: a server may repeat it in the text of its error. */
export function sentSecrets({ headers, body }: Pick<ProviderRequest, 'headers' | 'body'>): string[] {
  const secrets = [...(body ?? [])].flatMap(([name, value]) =>
    PUBLIC.has(name) || (value.length < MIN_LENGTH && !SECRET.has(name)) ? [] : [value],
  )
  const basic = /^Basic (.+)$/i.exec(headers['authorization'] ?? '')?.[1]
  if (basic !== undefined) {
    secrets.push(basic)
    const encoded = Buffer.from(basic, 'base64').toString().split(':').slice(1).join(':')
    const [password] = new URLSearchParams(`=${encoded}`).values()
    secrets.push(encoded, password ?? '')
  }
  return secrets.filter((secret) => secret !== '')
}
