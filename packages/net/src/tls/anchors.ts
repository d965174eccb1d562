import type { Certificate } from '@posthorn/certificate'
import { Secret } from '@posthorn/ground'
import { readFile } from 'node:fs/promises'
import * as nodeTls from 'node:tls'
import type { TlsOptions } from '../options.js'
import { readable } from './read-chain.js'
import { pemCertificates, trustedCertificates } from './trusted.js'

/** Whom the settings trust, as far as it matters for some certificates. */
export interface Anchors {
  readonly trusted: readonly Certificate[]
  /** Trusted authorities that must lead to another one, as OpenSSL wants it with nothing but the well-known ones. */
  readonly between: readonly Certificate[]
}

/** What node:tls tells of the authorities that Node brings. */
export interface WellKnown {
  readonly getCACertificates?: ((type: 'default') => readonly string[]) | undefined
  readonly rootCertificates: readonly string[]
}

/**
 * The anchors that could stand above these certificates: of `ca` or else those that Node brings (with what NODE_EXTRA_CA_CERTS adds), of
 * `extraCa`, and those inside `pfx`, which Node trusts too. Nobody can look into a `secureContext`: with one they are those that would count
 * without it. Only those with a name that is asked for are read.
 */
export async function anchorsAbove(
  certificates: readonly Certificate[],
  tls: TlsOptions,
  node: WellKnown = nodeTls,
): Promise<Anchors> {
  const { readCertificate } = await import('@posthorn/certificate')
  const partial = tls.ca !== undefined || tls.extraCa !== undefined
  const left = new Set(await inForce(tls, node))
  const found: Certificate[] = []
  for (let asking = certificates; asking.length > 0;) {
    const names = asking.map(({ issuerDer }) => Buffer.from(issuerDer))
    const named = [...left].filter((der) => names.some((name) => der.includes(name)))
    for (const der of named) left.delete(der)
    asking = named.flatMap((der) => readable(der, readCertificate))
    found.push(...asking)
  }
  const isAnchor = ({ selfIssued }: Certificate) => partial || selfIssued
  return { trusted: found.filter(isAnchor), between: found.filter((each) => !isAnchor(each)) }
}

const known = new WeakMap<TlsOptions, Promise<readonly Buffer[]>>()

/** Worked out once for all connections with the same settings. */
function inForce(tls: TlsOptions, node: WellKnown): Promise<readonly Buffer[]> {
  let found = known.get(tls)
  if (!found) {
    found = all(tls, node)
    known.set(tls, found)
  }
  return found
}

async function all(tls: TlsOptions, node: WellKnown): Promise<readonly Buffer[]> {
  const own = tls.ca === undefined ? await wellKnown(node) : [tls.ca].flat()
  const texts = own.map((each) => each.toString('latin1'))
  const ders = [
    ...texts.flatMap(pemCertificates),
    ...trustedCertificates(tls.extraCa, 'tls.extraCa'),
    ...(await insidePfx(tls)),
  ]
  return [...new Map(ders.map((der) => [der.toString('latin1'), der])).values()] // the same ones are often given twice
}

/** The authorities of this process as PEM. Node 22.15 and later tell them as a whole. */
async function wellKnown({ getCACertificates, rootCertificates }: WellKnown): Promise<readonly string[]> {
  if (getCACertificates) return getCACertificates('default')
  const file = process.env['NODE_EXTRA_CA_CERTS']
  const extra = file ? await readFile(file, 'latin1').catch(() => '') : '' // Node goes on without it, too
  return [...rootCertificates, extra]
}

/** What Node trusts of a PKCS #12 besides: it does not where OpenSSL cannot open the file, which is then opened another way. */
async function insidePfx({ pfx, passphrase }: TlsOptions): Promise<readonly Buffer[]> {
  if (pfx === undefined) return []
  const { openCertificateStore } = await import('@posthorn/certificate')
  const password = passphrase === undefined ? undefined : Secret.of(passphrase).reveal()
  const found: Buffer[] = []
  for (const each of [pfx].flat()) {
    const { buf, passphrase: own = password } = isOctets(each) ? { buf: each } : each
    const opens = own === undefined ? {} : { passphrase: own }
    try {
      nodeTls.createSecureContext({ pfx: buf, ...opens })
      const source = typeof buf === 'string' ? Buffer.from(buf) : buf
      const store = await openCertificateStore({ type: 'pfx', source, ...(own === undefined ? {} : { password: own }) })
      const authorities = store.certificates.filter(({ isAuthority }) => isAuthority)
      found.push(...authorities.map(({ der }) => Buffer.from(der)))
    } catch {
      continue // it gave a client certificate some other way, and no authority
    }
  }
  return found
}

function isOctets(pfx: unknown): pfx is string | Buffer {
  return typeof pfx === 'string' || Buffer.isBuffer(pfx)
}
