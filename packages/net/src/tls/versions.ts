import { SettingsError } from '@posthorn/ground'

/** The versions of TLS that Node speaks, the oldest first. */
export const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

/** A version of TLS by the name it has in Node. */
export type TlsVersion = (typeof TLS_VERSIONS)[number]

/** The versions from one to another, both included. */
export interface TlsVersionRange {
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
}

const DEFAULT_MIN: TlsVersion = 'TLSv1.2'

/**
 * The range that a list of versions stands for: Java, IPWorks and others have lists, Node has the lowest and the highest.
 * @throws {SettingsError} `settings.tls` for a version that cannot be spoken (SSLv2, SSLv3), an unknown one, none at all, or a list with a
 *   gap: whoever leaves out TLSv1.2 between two others would get it all the same
 */
export function tlsVersionRange(names: readonly string[], field = 'tls.versions'): TlsVersionRange {
  const wanted = TLS_VERSIONS.map((version) => names.some((name) => tlsVersion(name, field) === version))
  const [first, last] = [wanted.indexOf(true), wanted.lastIndexOf(true)]
  const minVersion = TLS_VERSIONS[first]
  const maxVersion = TLS_VERSIONS[last]
  if (!minVersion || !maxVersion) throw refused(field, 'names no version', `Name one of ${TLS_VERSIONS.join(', ')}.`)
  const gap = wanted.indexOf(false, first)
  if (gap >= 0 && gap < last) {
    const message = `leaves out ${TLS_VERSIONS[gap]} between ${minVersion} and ${maxVersion}`
    throw refused(field, message, 'Name it too, or leave out what is below it: versions are a range.')
  }
  return { minVersion, maxVersion }
}

/**
 * The versions that two settings stand for; TLS 1.2 and later when they say nothing else.
 * @throws {SettingsError} `settings.tls`
 */
export function settledVersions(min: string | undefined, max: string | undefined): TlsVersionRange {
  const minVersion = min === undefined ? DEFAULT_MIN : tlsVersion(min, 'tls.minVersion')
  const maxVersion = max === undefined ? 'TLSv1.3' : tlsVersion(max, 'tls.maxVersion')
  if (TLS_VERSIONS.indexOf(minVersion) > TLS_VERSIONS.indexOf(maxVersion)) {
    const message = `allows nothing above ${maxVersion}, and tls.minVersion${min === undefined ? ' by default' : ''} nothing below ${minVersion}`
    const hint =
      min === undefined
        ? `Set tls.minVersion to '${maxVersion}' too, if it must be this old one (RFC 8996 forbids it).`
        : 'Give a lowest version that is not above the highest.'
    throw refused('tls.maxVersion', message, hint)
  }
  return { minVersion, maxVersion }
}

/** True for the versions that RFC 8996 has declared dead. */
export function isOld(version: TlsVersion): boolean {
  return version === 'TLSv1' || version === 'TLSv1.1'
}

/** `TLSv1.2` from any common way to write it, such as `TLS 1.2` or `tlsv1_2`. */
function tlsVersion(name: string, field: string): TlsVersion {
  const plain = String(name)
    .replace(/[\s_-]/g, '')
    .toLowerCase()
  if (/^(dtls|ssl)/.test(plain)) {
    throw refused(field, `${name} cannot be spoken`, 'SSL is broken (RFC 6176, RFC 7568). Use TLSv1.2 or TLSv1.3.')
  }
  const minor = /^tlsv?1(?:\.?([0-3]))?$/.exec(plain)
  const version = minor && TLS_VERSIONS[Number(minor[1] ?? '0')]
  if (version) return version
  throw refused(field, `'${name}' is not a version of TLS`, `Use one of ${TLS_VERSIONS.join(', ')}.`)
}

function refused(field: string, message: string, hint: string): SettingsError {
  return new SettingsError('settings.tls', field, message, { hint })
}
