import { openCertificateStore, type Identity } from '@posthorn/certificate'
import { SettingsError, type Secret } from '@posthorn/ground'
import type { Profile } from '@posthorn/settings'
import type { KeptValues } from './kept-values.js'

/** A certificate and its key, as a profile names them. */
export type CertificateSettings = NonNullable<NonNullable<Profile['tls']>['clientCertificate']>

/**
 * The certificate with its key that a group of settings names; undefined when it names none, and, with a warning, when the store has no
 * key for it: then nothing can be proved with it.
 * @param path of the group, `tls.clientCertificate`
 * @throws {SettingsError} `certificate.*` naming the setting, `settings.*`
 * @source ILLiad, SslCertEncoded: without its key no certificate is sent
 */
export async function identityOf(
  settings: CertificateSettings | undefined,
  path: string,
  kept: KeptValues,
): Promise<Identity | undefined> {
  if (settings?.source === undefined) return undefined
  const { type = 'auto', subject } = settings
  const password = await passwordOf(settings.password, path, kept)
  const store = await openCertificateStore({
    source: await kept.store(`${path}.source`, settings.source),
    type,
    ...(password === undefined ? {} : { password }),
    ...(subject === undefined ? {} : { subject }),
    field: path,
  })
  try {
    return store.identity()
  } catch (error) {
    await store.close()
    if (!(error instanceof SettingsError) || error.code !== 'certificate.no-key') throw error
    kept.warn({
      code: 'settings.no-key',
      path: `${path}.source`,
      message: 'has no private key for the certificate; it is not used',
      hint: error.hint ?? 'Give the key as well.',
    })
    return undefined
  }
}

export async function passwordOf(
  password: string | Secret | undefined,
  path: string,
  kept: KeptValues,
): Promise<Secret | undefined> {
  return password === undefined ? undefined : kept.secret(`${path}.password`, password)
}
