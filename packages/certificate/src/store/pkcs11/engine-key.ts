import type { EngineKey } from '../../private-key.js'
import type { TokenKey } from './token-key.js'
import type { TokenModule } from './token-module.js'
import type { TokenSession } from './token-session.js'

/**
 * A key in a token for TLS, by way of an engine of OpenSSL (`pkcs11` of libp11). The engine takes the module out of the environment, once in
 * the life of a process, so that one module serves one process. It is given no PIN, which it would print when it does not find the key: the
 * login of the session counts for the whole process.
 */
export function engineKey(session: TokenSession, key: TokenKey, module: TokenModule, engine: string): () => EngineKey {
  return () => {
    session.restore()
    process.env[MODULE_PATH] = module.path
    return { privateKeyEngine: engine, privateKeyIdentifier: identifier(session, key) }
  }
}

const MODULE_PATH = 'PKCS11_MODULE_PATH'

/** The URI of the key (RFC 7512 2.3). */
function identifier({ token }: TokenSession, { id, label }: TokenKey): string {
  const parts = [`token=${encodeURIComponent(token.label)}`, `serial=${encodeURIComponent(token.serial)}`]
  if (id) parts.push(`id=${Array.from(id, (octet) => `%${octet.toString(16).padStart(2, '0')}`).join('')}`)
  if (label !== undefined) parts.push(`object=${encodeURIComponent(label)}`)
  return `pkcs11:${parts.join(';')};type=private`
}
