import type { Identity } from './identity.js'
import type { EngineKey } from './private-key.js'

/**
 * Who one is, as `tls.createSecureContext` takes it when the key is in a token and OpenSSL reaches it through an engine; undefined for a key
 * that is not reached so, for which `tlsIdentity` serves. It is asked for when the context is made, and the store is open for as long.
 * @throws {SettingsError} `certificate.token-absent` and others of a token that is gone
 */
export function tlsEngineIdentity(identity: Identity): (EngineKey & { readonly cert: string }) | undefined {
  const { certificate, chain, privateKey } = identity
  if (!privateKey.engineKey) return undefined
  const sent = [certificate, ...chain.filter(({ selfIssued }) => !selfIssued)]
  return { cert: sent.map(({ pem }) => pem).join(''), ...privateKey.engineKey() }
}
