import { isIP } from 'node:net'
import type { ConnectionOptions, SecureContext } from 'node:tls'
import type { TlsOptions } from '../options.js'
import { checkHost } from '../target.js'
import { keyLog } from './key-log.js'
import { readPins } from './pins.js'
import { makeContext } from './secure-context.js'
import { settingsDigest } from './session-key.js'
import { trustedCertificates } from './trusted.js'

/** TLS options made ready before the first packet, so that a key that does not open costs no connection. */
export interface TlsPlan {
  readonly host: string
  /** What the certificate must be for. */
  readonly name: string
  /** The settings as they were given. */
  readonly tls: TlsOptions
  readonly settled: SettledTls
  readonly clientCertificate: boolean
  readonly onKeys: ((line: Buffer) => void) | undefined
  readonly options: ConnectionOptions
}

/** What is worked out once for all connections with the same settings. */
export interface SettledTls {
  readonly context: SecureContext
  /** What had to be left out, and what is weak. */
  readonly notes: readonly string[]
  readonly accepted: readonly Buffer[]
  /** In lower-case hexadecimal. */
  readonly pins: ReadonlySet<string> | undefined
  /** True when TLSA records stand in the place of the authorities. */
  readonly daneUsable: boolean
  /** Digest of what a session depends on. */
  readonly digest: () => string
}

/**
 * Makes the settings ready for one connection. What they come to is kept with the object they stand in, which must not be changed afterwards.
 * @throws {SettingsError} `settings.tls`, `settings.host` (`tls.servername`), `settings.tls-ciphers`, `settings.tls-key-log`, naming the field
 */
export async function planTls(host: string, tls: TlsOptions = NOTHING): Promise<TlsPlan> {
  const given = tls.servername && wireName(checkHost(tls.servername, 'tls.servername'))
  const name = given || wireName(host)
  const sni = given ?? (tls.dane?.names[0] === undefined ? name : wireName(tls.dane.names[0])) // RFC 7672 8.1
  const settled = await settle(tls)
  return {
    host,
    name,
    tls,
    settled,
    clientCertificate: Boolean(tls.cert ?? tls.pfx ?? tls.identity),
    onKeys: tls.keyLogFile === undefined ? undefined : keyLog(tls.keyLogFile),
    options: {
      host,
      servername: isIP(sni) ? '' : sni, // RFC 6066 3: no IP literals in SNI
      secureContext: settled.context,
      // Node would refuse without saying what it saw, and checks no name on resumption; the verdict is ours, on each path to success.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(asksForStatus(tls) ? { requestOCSP: true } : {}),
    },
  }
}

/** RFC 6066 3: without the dot at the end. */
function wireName(name: string): string {
  return name.replace(/\.$/, '')
}

/** Whether the server is asked for a stapled answer. */
export function asksForStatus({ revocation }: TlsOptions): boolean {
  return revocation?.ocsp !== undefined && revocation.ocsp !== 'off'
}

const NOTHING: TlsOptions = {}

const settledOptions = new WeakMap<TlsOptions, Promise<SettledTls>>()

function settle(tls: TlsOptions): Promise<SettledTls> {
  let settled = settledOptions.get(tls)
  if (!settled) {
    settled = settleAnew(tls)
    settledOptions.set(tls, settled)
    settled.catch(() => settledOptions.delete(tls))
  }
  return settled
}

async function settleAnew(tls: TlsOptions): Promise<SettledTls> {
  const accepted = trustedCertificates(tls.acceptedCertificates, 'tls.acceptedCertificates')
  const pins = readPins(tls.pins)
  const dane = tls.dane && (await import('./dane-records.js')).checkDane(tls.dane)
  const { context, notes } = await makeContext(tls)
  let digest: string | undefined
  return {
    context,
    notes: [...notes, ...(dane?.notes ?? [])],
    accepted,
    pins,
    daneUsable: dane?.usable ?? false,
    digest: () => (digest ??= settingsDigest(tls)),
  }
}
