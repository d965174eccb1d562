import type { ConnectError } from '@posthorn/ground'
import { getEventListeners } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeCertificate, type CertificateWish } from '../../test/certificate.js'
import { authority, good, HOST, openHandles, refused, tlsServer, trust } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import type { ServerCertificateFacts } from '../options.js'

const signed = (wish: Partial<CertificateWish>) =>
  makeCertificate({ commonName: 'server', names: [HOST], issuer: authority, ...wish })
const intermediate = makeCertificate({ commonName: 'Intermediate', authority: true, issuer: authority })
const below = signed({ issuer: intermediate })

test('[part of ipworks.event.SSLServerAuthentication.CertEncoded] [part of ipworks.event.SSLServerAuthentication.CertSubject] [part of ipworks.event.SSLServerAuthentication.CertIssuer] [part of ipworks.config.SSLIncludeCertChain] it sees the certificate and its chain', async () => {
  const seen: ServerCertificateFacts[] = []
  const port = await tlsServer({ cert: below.cert + intermediate.cert, key: below.key })
  await dialTls(port, { ...trust, decide: (facts) => void seen.push(facts) })
  const [facts] = seen
  expect(seen).toHaveLength(1)
  expect(facts).toMatchObject({ host: HOST, port, name: HOST, subject: 'CN=server', issuer: 'CN=Intermediate' })
  expect(facts?.protocol).toBe('TLSv1.3')
  expect(facts?.chain.map(({ subject }) => subject)).toEqual(['CN=server', 'CN=Intermediate', 'CN=Test Authority'])
  expect(facts?.certificate).toBe(facts?.chain[0])
  expect(facts?.certificate.dnsNames).toEqual([HOST])
})

describe('[part of ipworks.event.SSLServerAuthentication] [part of ipworks.event.SSLServerAuthentication.Status] [part of ipworks.event.SSLServerAuthentication.Accept] the answer', () => {
  const wrongName = signed({ names: ['other.example.test'] })

  test('undefined leaves it at the judgement', async () => {
    const seen: unknown[] = []
    const decide = ({ status, reason }: ServerCertificateFacts) => void seen.push([status, reason])
    expect((await dialTls(await tlsServer(), { ...trust, decide })).facts.verified).toBe(true)
    expect(await refused(dialTls(await tlsServer(wrongName), { ...trust, decide }))).toMatchObject({
      code: 'tls.wrong-name',
    })
    expect(seen).toEqual([
      ['ok', ''],
      ['tls.wrong-name', expect.stringMatching(/not for mail\.example\.test$/)],
    ])
  })

  test('true takes what would have been refused, and the event says so', async () => {
    const decide = vi.fn(async () => Promise.resolve(true))
    const { facts, notes } = await dialTls(await tlsServer(wrongName), { ...trust, decide })
    expect(facts).toMatchObject({ verified: false, unverified: 'tls.wrong-name overruled by tls.decide' })
    expect(notes).toEqual([expect.stringContaining('tls.decide took a certificate')])
    expect((await dialTls(await tlsServer(), { ...trust, decide })).facts.verified).toBe(true)
    expect(decide).toHaveBeenCalledTimes(2)
  })

  test('false refuses what would have been taken, and not an octet has gone over the session', async () => {
    let octets = 0
    const port = await tlsServer(good, (socket) => socket.on('data', (piece: Buffer) => (octets += piece.length)))
    const error = await refused(dialTls(port, { ...trust, decide: () => false }))
    expect(error).toMatchObject({ code: 'tls.refused-by-caller', phase: 'tls', outcome: 'permanent' })
    const any = { rejectUnauthorized: false, decide: () => false }
    expect(await refused(dialTls(port, any))).toMatchObject({ code: 'tls.refused-by-caller' })
    expect(octets).toBe(0)
  })

  test('with rejectUnauthorized: false the status is what would be thrown: nothing', async () => {
    const seen: string[] = []
    const decide = ({ status }: ServerCertificateFacts) => void seen.push(status)
    await dialTls(await tlsServer(wrongName), { rejectUnauthorized: false, decide })
    expect(seen).toEqual(['ok'])
  })
})

describe('tls.decision-failed', () => {
  test.each<[string, () => never]>([
    [
      'it throws',
      () => {
        throw new Error('database is down')
      },
    ],
    ['it rejects', () => Promise.reject(new Error('database is down')) as never],
  ])('%s', async (_, decide) => {
    const error = await refused(dialTls(await tlsServer(), { ...trust, decide }))
    expect(error).toMatchObject({ code: 'tls.decision-failed', phase: 'tls', outcome: 'transient' })
    expect(error.cause).toMatchObject({ message: 'database is down' })
  })

  test.each([1, 'yes', null, {}])('it gives %j', async (answer) => {
    const decide = () => answer as unknown as boolean
    const error = await refused(dialTls(await tlsServer(), { ...trust, decide }))
    expect(error).toMatchObject({ code: 'tls.decision-failed' })
  })
})

describe('while it thinks', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Begins to dial, and waits until the function is asked; it never answers. */
  async function asked(
    more: Parameters<typeof dialTls>[2],
  ): Promise<{ settled: Promise<ConnectError>; port: number; answer: (taken: boolean) => void }> {
    const port = await tlsServer()
    let settled: Promise<ConnectError> | undefined
    let answer: (taken: boolean) => void = () => {}
    await new Promise<void>((there) => {
      const decide = () => {
        there()
        return new Promise<boolean>((done) => (answer = done))
      }
      settled = refused(dialTls(port, { ...trust, decide }, more))
    })
    return { settled: settled!, port, answer }
  }

  test('the deadline strikes, says at what, and leaves nothing behind', async () => {
    const before = openHandles()
    const { settled, answer } = await asked({ timeoutMs: 500 })
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(500)
    const error = await settled
    expect(error).toMatchObject({ code: 'tls.verdict-timeout', phase: 'tls', outcome: 'transient' })
    expect(error.message).toMatch(
      /^the verdict on the certificate of mail\.example\.test:\d+ did not come about within 500 ms$/,
    )
    answer(true) // too late
    await nothingLeft(before)
  })

  test('an abort leaves nothing behind', async () => {
    const before = openHandles()
    const abort = new AbortController()
    const { settled } = await asked({ signal: abort.signal, timeoutMs: 500 })
    abort.abort('enough')
    expect(await settled).toMatchObject({ code: 'aborted', phase: 'tls', cause: 'enough' })
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0)
    await nothingLeft(before)
  })

  async function nothingLeft(before: number): Promise<void> {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
    await expect.poll(openHandles).toBeLessThanOrEqual(before + 1) // the server of the test
  }

  /** True once nothing but the server of the test is open. */
  const alone = () =>
    new Promise<true>((done) => {
      const look = (): unknown => (openHandles() <= 1 ? done(true) : setImmediate(look))
      look()
    })

  test('a server that hangs up meanwhile is heard', async () => {
    let connected: (socket: TLSSocket) => void = () => {}
    const theirs = new Promise<TLSSocket>((done) => (connected = done))
    const port = await tlsServer(good, (socket) => connected(socket))
    const decide = async () => {
      const socket = await theirs
      socket.destroy()
      return alone()
    }
    expect(await refused(dialTls(port, { ...trust, decide }))).toMatchObject({ code: 'connect.reset', phase: 'tls' })
  })

  test('a server that refuses the missing client certificate meanwhile is heard', async () => {
    const asking = {
      ...good,
      minVersion: 'TLSv1.3',
      requestCert: true,
      rejectUnauthorized: true,
      ca: authority.cert,
    } as const
    const port = await tlsServer(asking)
    const error = await refused(dialTls(port, { ...trust, decide: alone }))
    expect(error).toMatchObject({ code: 'tls.client-certificate-required', phase: 'tls' })
  })
})
