import { readCertificate, type Certificate } from '@posthorn/certificate'
import { createHash, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeCertificate, type TestCertificate } from '../../test/certificate.js'
import { authority, HOST, keep, refused, resolve, tlsServer } from '../../test/server.js'
import { dial } from '../dial.js'
import type { NetEvent, TlsaRecord, TlsOptions } from '../options.js'
import { relayPolicy } from './relay-policy.js'
import type { SecureResolver } from './secure-resolver.js'

const read = ({ cert }: TestCertificate): Certificate => readCertificate(new X509Certificate(cert).raw)
const digest = (usage: number, certificate: TestCertificate): TlsaRecord => ({
  usage,
  selector: 1,
  matching: 1,
  data: createHash('sha256').update(read(certificate).publicKeyDer).digest(),
})

/** Signed by itself, for another name, and out of date: only DANE-EE takes it. */
const hopeless = makeCertificate({
  commonName: 'x',
  names: ['other.test'],
  notBefore: new Date(0),
  notAfter: new Date(1000),
})
const good = makeCertificate({ commonName: 'x', names: [HOST], issuer: authority })
const stranger = makeCertificate({ commonName: 'stranger' })

async function tlsFor(records: readonly TlsaRecord[]): Promise<Partial<TlsOptions>> {
  const resolver: SecureResolver = {
    resolveHost: (name) => Promise.resolve({ canonicalName: name, secure: true, secureAlias: false }),
    resolveTlsa: () => Promise.resolve({ records, secure: true }),
  }
  const { tls } = await relayPolicy({ domain: 'example.org', mxHost: HOST, mxSecure: true, resolver })
  return tls
}

/** Connects as the policy for these records says; the trail's word on TLS. */
async function connected(records: readonly TlsaRecord[], shown: { cert: string; key: string }) {
  const events: NetEvent[] = []
  const port = await tlsServer(shown)
  const tls = await tlsFor(records)
  const onEvent = (event: NetEvent) => void events.push(event)
  keep(await dial({ host: HOST, port, security: 'tls', tls, resolve, timeoutMs: 20_000, onEvent }))
  return events.find(({ type }) => type === 'tls')
}

describe('DANE in a handshake', () => {
  it('takes the very certificate that the record names, whatever else is wrong with it', async () => {
    expect(await connected([digest(3, hopeless)], hopeless)).toMatchObject({ verified: true })
  })

  it('takes a certificate of the authority that the record names', async () => {
    const shown = { cert: good.cert + authority.cert, key: good.key }
    expect(await connected([digest(2, authority)], shown)).toMatchObject({ verified: true })
  })

  it('refuses everything else', async () => {
    expect(await refused(connected([digest(3, stranger)], good))).toMatchObject({
      code: 'tls.dane-mismatch',
      phase: 'tls',
    })
    const other = { cert: hopeless.cert + authority.cert, key: hopeless.key }
    expect(await refused(connected([digest(2, authority)], other))).toMatchObject({ code: 'tls.dane-mismatch' })
  })

  it('takes anybody when no record can be used, and says so', async () => {
    expect(await connected([digest(1, stranger)], hopeless)).toMatchObject({ verified: false })
  })
})
