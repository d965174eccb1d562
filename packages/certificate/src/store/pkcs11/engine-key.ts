import { dirname } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import type { EngineKey } from '../../private-key.js'
import { refusal } from '../../refusal.js'
import type { TokenKey } from './token-key.js'
import type { TokenModule } from './token-module.js'
import type { TokenSession } from './token-session.js'

/** What the engine of libp11 calls itself; a path in its place works once in a process and no more (seen with Node 20 to 24). */
const ENGINE = 'pkcs11'
/** Where OpenSSL looks for it, and where the engine finds the module. */
const [ENGINES, MODULE_PATH] = ['OPENSSL_ENGINES', 'PKCS11_MODULE_PATH']

/** A context for each key that OpenSSL has reached: without any, the engine would finalize the module, in the middle of a signature if need be. */
const kept = new Map<string, SecureContext>()

/** Makes a context; another one in tests. */
export type ContextMaker = (given: EngineKey) => SecureContext

/**
 * A key in a token for TLS, by way of an engine of OpenSSL (`pkcs11` of libp11). The engine finds the module in the environment, which is
 * set for it, so that one module serves one process. It is given no PIN, which it would print when it does not find the key: the login of
 * the session counts for the whole process.
 * @param engine the path of the engine
 */
export function engineKey(
  session: TokenSession,
  key: TokenKey,
  module: TokenModule,
  engine: string,
  field: string,
  make: ContextMaker = createSecureContext,
): () => EngineKey {
  return () => {
    session.restore()
    process.env[ENGINES] = dirname(engine)
    process.env[MODULE_PATH] = module.path
    const given = { privateKeyEngine: ENGINE, privateKeyIdentifier: identifier(session, key) }
    try {
      const name = `${module.path}\0${given.privateKeyIdentifier}`
      if (!kept.has(name)) kept.set(name, make(given))
    } catch (error) {
      throw notReached(error, engine, key, session, field)
    }
    return given
  }
}

/** The URI of the key (RFC 7512 2.3). */
function identifier({ token }: TokenSession, { id, label }: TokenKey): string {
  const parts = [`token=${encodeURIComponent(token.label)}`, `serial=${encodeURIComponent(token.serial)}`]
  if (id) parts.push(`id=${Array.from(id, (octet) => `%${octet.toString(16).padStart(2, '0')}`).join('')}`)
  if (label !== undefined) parts.push(`object=${encodeURIComponent(label)}`)
  return `pkcs11:${parts.join(';')};type=private`
}

function notReached(error: unknown, engine: string, key: TokenKey, session: TokenSession, field: string): Error {
  const { reason, message: complaint } = error as Error & { readonly reason?: string }
  const message = `OpenSSL does not reach the key '${key.label ?? ''}' in ${session.place} by the engine ${engine} (${reason ?? complaint})`
  const hint =
    "Give the path of pkcs11.so as Debian's libengine-pkcs11-openssl has it, below engines-3; engines of libp11 before 0.4.13 find nothing in a token that has an Ed25519 key. Or use a PFX or PEM file with a key of its own."
  return refusal('certificate.key-in-token', field, message, hint, error)
}
