import { getEventListeners } from 'node:events'
import type { TlsOptions as ServerOptions } from 'node:tls'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { makeCertificate, type TestCertificate } from '../../test/certificate.js'
import { makeCrl, makeOcspResponse, responder } from '../../test/revocation.js'
import { authority, HOST, openHandles, refused, tlsServer, trust } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import type { RevocationChecks } from '../options.js'
import { TlsSessions } from './sessions.js'

type Kind = 'crl' | 'ocsp'
type State = 'good' | 'revoked' | 'no address' | 'unreachable'

/** A server whose certificate is in this state, and a responder that says so. */
async function server(kind: Kind, state: State, more: ServerOptions = {}) {
  const { url, answers, asked, hanging } = await responder()
  const address = { crl: `${url}/list`, ocsp: `${url}/ask` }[kind]
  const wish = state === 'no address' ? {} : { [kind]: address }
  const leaf = makeCertificate({ commonName: 'server', names: [HOST], issuer: authority, ...wish })
  if (state === 'good' || state === 'revoked') {
    answers.set('/list', makeCrl(authority, state === 'revoked' ? [leaf] : []))
    answers.set('/ask', makeOcspResponse(authority, leaf, state))
  }
  return { port: await tlsServer({ ...more, cert: leaf.cert, key: leaf.key }), leaf, asked, hanging, answers }
}

const checks = (kind: Kind, check: 'off' | 'soft' | 'required') => ({ ...trust, revocation: { [kind]: check } })

describe.each<[Kind, string]>([
  ['crl', 'ipworks.config.SSLCheckCRL'],
  ['ocsp', 'ipworks.config.SSLCheckOCSP'],
])('%s', (kind, row) => {
  test(`[part of ${row}] a good certificate is taken, and the event says that it was asked after`, async () => {
    const { port, asked } = await server(kind, 'good')
    for (const check of ['soft', 'required'] as const) {
      const { facts, notes } = await dialTls(port, checks(kind, check))
      expect(facts).toMatchObject({ verified: true, revocation: 'good' })
      expect(notes).toEqual([])
    }
    expect(asked.length).toBeGreaterThan(0)
  })

  test(`[part of ${row}] [part of ipworks.error.280] a revoked one is refused in both`, async () => {
    const { port } = await server(kind, 'revoked')
    for (const check of ['soft', 'required'] as const) {
      const error = await refused(dialTls(port, checks(kind, check)))
      expect(error).toMatchObject({ code: 'tls.revoked', phase: 'tls', outcome: 'permanent' })
      expect(error.message).toMatch(/was revoked on \d{4}-\d\d-\d\d \(/)
    }
  })

  test.each<State>(['no address', 'unreachable'])(
    `[part of ${row}] %s: soft takes it, required does not`,
    async (state) => {
      const { port } = await server(kind, state)
      const { facts, notes } = await dialTls(port, checks(kind, 'soft'))
      expect(facts).toMatchObject({ verified: true, revocation: 'unknown' })
      expect(notes).toEqual([expect.stringContaining('nobody says whether')])
      const error = await refused(dialTls(port, checks(kind, 'required')))
      expect(error).toMatchObject({ code: 'tls.revocation-unknown', phase: 'tls', outcome: 'transient' })
    },
  )

  test(`[part of ${row}] off asks nobody`, async () => {
    const { port, asked } = await server(kind, 'revoked')
    const { facts } = await dialTls(port, checks(kind, 'off'))
    expect(facts).not.toHaveProperty('revocation')
    expect(asked).toEqual([])
  })

  test('a resumed session is asked after again', async () => {
    const { port, leaf, answers } = await server(kind, 'good', { maxVersion: 'TLSv1.2' })
    const tls = { ...checks(kind, 'required'), sessions: new TlsSessions() }
    await dialTls(port, tls)
    expect((await dialTls(port, tls)).facts).toMatchObject({ resumed: true, revocation: 'good' })
    expect([answers.has('/list'), leaf.serial > 0]).toEqual([true, true])
  })
})

test('[part of ipworks.prop.SSLAcceptServerCert] one that is taken whatever is wrong with it is not asked after, and that is said', async () => {
  for (const kind of ['crl', 'ocsp'] as const) {
    const { port, leaf, asked } = await server(kind, 'revoked')
    const { facts, notes } = await dialTls(port, { ...checks(kind, 'required'), acceptedCertificates: leaf.cert })
    expect(facts).toMatchObject({ verified: true })
    expect(facts).not.toHaveProperty('revocation')
    expect(notes).toEqual([expect.stringContaining('nobody is asked whether it was revoked')])
    expect(asked).toEqual([])
  }
})

describe('a stapled answer', () => {
  const authorityOf = authority

  async function stapling(answer: (leaf: TestCertificate) => Buffer | null) {
    const { url, asked } = await responder()
    const leaf = makeCertificate({ commonName: 'server', names: [HOST], issuer: authorityOf, ocsp: `${url}/ask` })
    const port = await tlsServer(
      { cert: leaf.cert, key: leaf.key },
      () => {},
      (server) =>
        server.on(
          'OCSPRequest',
          (_certificate: Buffer, _issuer: Buffer, done: (error: null, answer: Buffer | null) => void) =>
            done(null, answer(leaf)),
        ),
    )
    return { port, asked }
  }

  test('[part of ipworks.config.SSLCheckOCSP] is enough: nobody else is asked', async () => {
    const { port, asked } = await stapling((leaf) => makeOcspResponse(authority, leaf, 'good'))
    expect((await dialTls(port, checks('ocsp', 'required'))).facts.revocation).toBe('good')
    expect(asked).toEqual([])
  })

  test('[part of ipworks.config.SSLCheckOCSP] that says revoked is heard', async () => {
    const { port } = await stapling((leaf) => makeOcspResponse(authority, leaf, 'revoked'))
    expect(await refused(dialTls(port, checks('ocsp', 'soft')))).toMatchObject({ code: 'tls.revoked' })
  })
})

test('what is not verified is not asked after: its addresses are anybody’s', async () => {
  const { url, asked } = await responder()
  const stranger = makeCertificate({ commonName: 'x', names: [HOST], crl: `${url}/list`, ocsp: `${url}/ask` })
  const port = await tlsServer({ cert: stranger.cert, key: stranger.key })
  const revocation: RevocationChecks = { crl: 'required', ocsp: 'required' }
  for (const tls of [
    {},
    { rejectUnauthorized: false },
    { trustHosts: ['*'] },
    { acceptedCertificates: stranger.cert },
  ]) {
    await dialTls(port, { ...tls, revocation }).catch(() => {})
  }
  expect(asked).toEqual([])
})

afterEach(() => {
  vi.useRealTimers()
})

test.each(['deadline', 'abort'])('a %s while a responder is silent leaves nothing behind', async (which) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const before = openHandles()
  const { url, hanging } = await responder()
  const leaf = makeCertificate({ commonName: 'server', names: [HOST], issuer: authority, crl: `${url}/hang` })
  const port = await tlsServer({ cert: leaf.cert, key: leaf.key })
  const abort = new AbortController()
  const more = which === 'deadline' ? { timeoutMs: 2_000 } : { signal: abort.signal }
  const settled = refused(dialTls(port, checks('crl', 'required'), more))
  await hanging
  if (which === 'deadline') await vi.advanceTimersByTimeAsync(2_000)
  else abort.abort('enough')
  const expected = which === 'deadline' ? { code: 'tls.verdict-timeout' } : { code: 'aborted', cause: 'enough' }
  expect(await settled).toMatchObject({ ...expected, phase: 'tls' })
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0)
  vi.useRealTimers()
  await expect.poll(openHandles).toBeLessThanOrEqual(before + 3) // the servers of the test, and the end that is silent
})
