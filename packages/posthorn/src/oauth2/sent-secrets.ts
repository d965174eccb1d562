import type { ProviderRequest } from './provider-request.js'

const PARAMETERS = [
  'client_secret',
  'client_assertion',
  'assertion',
  'refresh_token',
  'code',
  'code_verifier',
  'device_code',
  'password',
]

/** What a request carries that must not be seen anywhere else: a server may repeat it in the text of its error. */
export function sentSecrets({ headers, body }: Pick<ProviderRequest, 'headers' | 'body'>): string[] {
  const secrets = PARAMETERS.flatMap((name) => body?.getAll(name) ?? [])
  const basic = /^Basic (.+)$/i.exec(headers['authorization'] ?? '')?.[1]
  if (basic !== undefined) {
    secrets.push(basic)
    const encoded = Buffer.from(basic, 'base64').toString().split(':').slice(1).join(':')
    const [password] = new URLSearchParams(`=${encoded}`).values()
    secrets.push(encoded, password ?? '')
  }
  return secrets.filter((secret) => secret !== '')
}
