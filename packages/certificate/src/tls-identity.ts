import type { Identity } from './identity.js'
import { refusal } from './refusal.js'

/**
 * Who one is, as `tls.createSecureContext` takes it: the certificate and its issuers as PEM, nearest first and without a root, which the other
 * side has or does not trust; and the key as PKCS #8 in PEM. The text of the key is a secret: give it to OpenSSL and nobody else.
 * @param field the setting to name in errors
 * @throws {SettingsError} `certificate.key-in-token` when the key is not in memory: Node can sign TLS handshakes with no other, but for
 *   those that `tlsEngineIdentity` gives; `certificate.wrong-usage` for an X25519 key, which cannot sign
 */
export function tlsIdentity(
  identity: Identity,
  field = 'tls.identity',
): { readonly cert: string; readonly key: string } {
  const { certificate, chain, privateKey } = identity
  if (!privateKey.keyObject) {
    const message = `the private key of '${certificate.subject}' is in a token, and TLS of Node needs it in memory`
    const hint =
      'Open the token with engine (the engine pkcs11 of OpenSSL), or use a PFX or PEM file with a key of its own for TLS; S/MIME can sign with the key where it is.'
    throw refusal('certificate.key-in-token', field, message, hint)
  }
  if (privateKey.type === 'x25519') {
    const hint = 'Use a certificate with an RSA, EC or Ed25519 key.'
    throw refusal('certificate.wrong-usage', field, `the key of '${certificate.subject}' cannot sign (X25519)`, hint)
  }
  const sent = [certificate, ...chain.filter(({ selfIssued }) => !selfIssued)]
  return {
    cert: sent.map(({ pem }) => pem).join(''),
    key: privateKey.keyObject.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}
