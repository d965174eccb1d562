import { openCertificateStore, readCertificates, type Identity } from '@posthorn/certificate'
import { SettingsError, type Secret } from '@posthorn/ground'
import type { Profile } from '@posthorn/settings'
import type { KeptValues } from './kept-values.js'

/** A certificate and its key, as a profile names them. */
export type CertificateSettings = NonNullable<NonNullable<Profile['tls']>['clientCertificate']>

/** What there is in place of an error when a store does not have what is looked for. */
const WITHOUT: ReadonlyMap<
  string,
  { readonly code: 'settings.no-key' | 'settings.no-certificate'; readonly message: string }
> = new Map([
  [
    'certificate.no-key',
    { code: 'settings.no-key', message: 'has no private key for the certificate; it is not used' },
  ],
  [
    'certificate.not-found',
    { code: 'settings.no-certificate', message: 'fits no certificate of the store; none is used' },
  ],
])

/**
 * The certificate with its key that a group of settings names; undefined when it names none, and, with a warning, when the store has no
 * key for it: then nothing can be proved with it.
 * @param path of the group, `tls.clientCertificate`
 * @param orNone true: a subject that fits no certificate is a warning, too, and none is used
 * @throws {SettingsError} `certificate.*` naming the setting, `settings.*`
 * @source ILLiad, SslCertEncoded: without its key no certificate is sent; SslCertSubject: without a match none is selected
 */
export async function identityOf(
  settings: CertificateSettings | undefined,
  path: string,
  kept: KeptValues,
  orNone = false,
): Promise<Identity | undefined> {
  const places = (['source', 'key'] as const).filter((name) => settings?.[name] !== undefined)
  if (settings === undefined || places.length === 0) {
    if (settings?.certificate !== undefined) warnWithout(kept, 'certificate.no-key', `${path}.certificate`)
    return undefined
  }
  if (settings.source === undefined && settings.certificate === undefined) {
    const hint = `Give the certificate as ${path}.source.`
    kept.warn({ code: 'settings.no-certificate', path: `${path}.key`, message: 'stands without a certificate', hint })
    return undefined
  }
  const { type = 'auto', subject } = settings
  const password = await passwordOf(settings.password, path, kept)
  const sourceFields = places.map((name) => `${path}.${name}`)
  const source: Awaited<ReturnType<KeptValues['store']>>[] = []
  for (const name of places) source.push(await kept.store(`${path}.${name}`, settings[name]!))
  const store = await kept.opened(path, settings, () =>
    openCertificateStore({
      ...{ source, sourceFields, type, field: path },
      ...(password === undefined ? {} : { password }),
      ...(subject === undefined ? {} : { subject }),
    }),
  )
  const certificate = await certificateOf(settings.certificate, `${path}.certificate`, kept)
  try {
    return certificate === undefined ? store.identity() : store.identityFor(certificate)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    // the keys of others are no key for a certificate that comes from elsewhere
    const code =
      certificate !== undefined && settings.key === undefined && error.code === 'certificate.key-mismatch'
        ? 'certificate.no-key'
        : error.code
    if (code === 'certificate.key-mismatch' && settings.key !== undefined)
      throw new SettingsError('certificate.key-mismatch', `${path}.key`, 'is not the key of that certificate', {
        cause: error,
        hint: 'Give the key the certificate was made for.',
      })
    if (code !== 'certificate.no-key' && !(orNone && code === 'certificate.not-found')) throw error
    warnWithout(kept, code, code === 'certificate.no-key' ? sourceFields.at(-1)! : `${path}.subject`, error.hint)
    return undefined
  }
}

/** The text of a certificate that is given beside its store. @throws {SettingsError} `certificate.format`, `settings.*` */
async function certificateOf(
  certificate: string | Secret | undefined,
  path: string,
  kept: KeptValues,
): Promise<string | undefined> {
  if (certificate === undefined) return undefined
  const text = (await kept.content(path, certificate)).reveal()
  if (readCertificates(text, path).length > 0) return text
  throw new SettingsError('certificate.format', path, 'has no certificate in it', {
    hint: 'Give a certificate in PEM or base64, or leave the setting out.',
  })
}

function warnWithout(kept: KeptValues, code: string, path: string, hint = 'Give the key as well.'): void {
  kept.warn({ ...WITHOUT.get(code)!, path, hint })
}

export async function passwordOf(
  password: string | Secret | undefined,
  path: string,
  kept: KeptValues,
): Promise<Secret | undefined> {
  return password === undefined ? undefined : kept.secret(`${path}.password`, password)
}
