import { PosthornError, Secret, SettingsError } from '@posthorn/ground'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { TlsOptions } from '../options.js'

/** The client certificate as `createSecureContext` takes it. */
export type ClientCertificate = Pick<
  SecureContextOptions,
  'cert' | 'key' | 'pfx' | 'passphrase' | 'privateKeyEngine' | 'privateKeyIdentifier'
>

/**
 * The client certificate of the settings, whichever way it is given; empty when there is none. A PKCS #12 that OpenSSL cannot open, because it
 * is encrypted as it was done before 2010, is opened by `@posthorn/certificate`.
 * @throws {SettingsError} `settings.tls`, naming the field, when something is missing, cannot be read or does not belong together
 */
export async function clientCertificate(tls: TlsOptions): Promise<ClientCertificate> {
  const { cert, key, pfx, identity } = tls
  const passphrase = tls.passphrase === undefined ? undefined : Secret.of(tls.passphrase).reveal()
  if (identity) {
    const other = (['cert', 'key', 'pfx'] as const).find((field) => tls[field] !== undefined)
    if (other) throw refused(`tls.${other}`, 'stands beside tls.identity', 'Give one of the two.')
    const { tlsEngineIdentity, tlsIdentity } = await import('@posthorn/certificate')
    return checked(tlsEngineIdentity(identity) ?? tlsIdentity(identity), 'tls.identity')
  }
  if (pfx !== undefined) {
    if (cert !== undefined) throw refused('tls.cert', 'stands beside tls.pfx', 'Give one of the two.')
    return openPfx(pfx, passphrase)
  }
  if (cert === undefined && key === undefined) return {}
  if (cert === undefined) throw refused('tls.cert', 'is missing for tls.key', 'Give the certificate of the key, too.')
  const ownKey = key ?? (holdsKey(cert) ? cert : undefined) // one file often has both
  if (ownKey === undefined) throw refused('tls.key', 'is missing for tls.cert', 'Give the private key, too.')
  return checked({ cert, key: ownKey, ...(passphrase === undefined ? {} : { passphrase }) }, 'tls.cert')
}

function holdsKey(cert: NonNullable<TlsOptions['cert']>): boolean {
  return !Array.isArray(cert) && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(cert.toString('latin1'))
}

/** Finds out by trying which field is at fault. */
function checked(given: ClientCertificate, field: 'tls.cert' | 'tls.identity'): ClientCertificate {
  const { cert, key, passphrase } = given
  const whole = attempt(given)
  if (whole === undefined) return given
  if (attempt({ cert }) !== undefined) {
    throw refused(field, `cannot be used: ${attempt({ cert })}`, 'Give the certificate as PEM, its issuers behind it.')
  }
  const keyField = field === 'tls.cert' ? 'tls.key' : field
  const problem = attempt({ key, passphrase })
  if (problem !== undefined) {
    const hint = 'Give the private key as PEM, and tls.passphrase if it is encrypted.'
    if (!isEncrypted(key)) throw refused(keyField, `cannot be used: ${problem}`, hint)
    const message = passphrase === undefined ? 'is missing: tls.key is encrypted' : `does not open tls.key: ${problem}`
    throw refused('tls.passphrase', message, hint)
  }
  const message = /mismatch/.test(whole) ? 'is not the key of tls.cert' : `cannot be used with tls.cert: ${whole}`
  throw refused(keyField, message, 'Give the private key that the certificate was made for.')
}

function isEncrypted(key: ClientCertificate['key']): boolean {
  const text = typeof key === 'string' ? key : Buffer.isBuffer(key) ? key.toString('latin1') : ''
  return /ENCRYPTED/.test(text)
}

/** What OpenSSL says against it; undefined for nothing. */
function attempt(given: { [name in keyof ClientCertificate]: ClientCertificate[name] | undefined }):
  string | undefined {
  try {
    createSecureContext(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
    return undefined
  } catch (error) {
    const { reason, message } = error as Error & { reason?: string }
    return reason ?? message
  }
}

type Pfx = NonNullable<TlsOptions['pfx']>

async function openPfx(pfx: Pfx, passphrase: string | undefined): Promise<ClientCertificate> {
  const given: ClientCertificate = { pfx, ...(passphrase === undefined ? {} : { passphrase }) }
  const problem = attempt(given)
  if (problem === undefined) return given
  if (/mac verify/i.test(problem))
    throw refused('tls.passphrase', 'does not open tls.pfx', 'Give the password of the file.')
  const opened: { cert: string; key: string }[] = []
  for (const each of Array.isArray(pfx) ? pfx : [pfx]) opened.push(await oldPfx(each, passphrase))
  return { cert: opened.map(({ cert }) => cert), key: opened.map(({ key }) => key) }
}

/** PKCS #12 with RC2 or 3DES, which OpenSSL 3 has put away. */
async function oldPfx(
  pfx: Exclude<Pfx, readonly unknown[]> | { buf: string | Buffer; passphrase?: string | undefined },
  passphrase: string | undefined,
): Promise<{ cert: string; key: string }> {
  const { buf, passphrase: own } =
    typeof pfx === 'string' || Buffer.isBuffer(pfx) ? { buf: pfx, passphrase: undefined } : pfx
  const { openCertificateStore, tlsIdentity } = await import('@posthorn/certificate')
  const password = own ?? passphrase
  try {
    const store = await openCertificateStore({
      type: 'pfx',
      source: typeof buf === 'string' ? Buffer.from(buf) : buf,
      field: 'tls.pfx',
      ...(password === undefined ? {} : { password }),
    })
    return tlsIdentity(store.identity())
  } catch (cause) {
    if (!(cause instanceof PosthornError)) throw cause
    const field = cause.code === 'certificate.password' ? 'tls.passphrase' : 'tls.pfx'
    const message = field === 'tls.passphrase' ? 'does not open tls.pfx' : `cannot be used (${cause.message})`
    throw new SettingsError('settings.tls', field, message, { cause, hint: cause.hint })
  }
}

function refused(field: string, message: string, hint: string): SettingsError {
  return new SettingsError('settings.tls', field, message, { hint })
}
