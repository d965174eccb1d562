import { createHash } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { makeCertificate, type CertificateWish } from '../../test/certificate.js'
import { authority, good, HOST, refused, tlsServer, trust } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import type { TlsOptions, TlsSessionStore } from '../options.js'
import { certificatesOf } from './peer.js'
import { TlsSessions } from './sessions.js'

const signed = (wish: Partial<CertificateWish> = {}) =>
  makeCertificate({ commonName: 'server', names: [HOST], issuer: authority, ...wish })
const pin = createHash('sha256')
  .update(authority.publicKey.export({ type: 'spki', format: 'der' }))
  .digest('hex')
const client = makeCertificate({ commonName: 'client', issuer: authority, usage: '1.3.6.1.5.5.7.3.2' })

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('with %s', (version) => {
  /** A server whose sessions can all be resumed. */
  const server = (leaf: { cert: string; key: string } = good) =>
    tlsServer({ cert: leaf.cert, key: leaf.key, maxVersion: version })

  /** A connection, until what it gives has been kept: with TLS 1.3 the tickets come after the handshake. */
  async function visit(port: number, sessions: TlsSessionStore, tls: TlsOptions = trust, host = HOST) {
    let kept: () => void = () => {}
    const stored = new Promise<void>((done) => (kept = done))
    const store: TlsSessionStore = {
      get: (key) => sessions.get(key),
      set: (key, session) => {
        sessions.set(key, session)
        kept()
      },
      delete: (key) => sessions.delete(key),
    }
    const { socket, facts } = await dialTls(port, { ...tls, sessions: store }, { host })
    socket.resume()
    if (!facts.resumed) await stored
    return { resumed: facts.resumed, verified: facts.verified, socket }
  }

  test('[part of ipworks.config.ReuseSSLSession] the second connection resumes the session of the first', async () => {
    const [port, sessions] = [await server(), new TlsSessions()]
    expect(await visit(port, sessions)).toMatchObject({ resumed: false, verified: true })
    const { resumed, verified, socket } = await visit(port, sessions)
    expect({ resumed, verified }).toEqual({ resumed: true, verified: true })
    expect(certificatesOf(socket)).toHaveLength(1)
    expect(sessions.size).toBe(1)
  })

  test('[part of ipworks.config.ReuseSSLSession] not under another name', async () => {
    const both = signed({ names: [HOST, 'other.example.test'] })
    const [port, sessions] = [await server(both), new TlsSessions()]
    await visit(port, sessions)
    expect((await visit(port, sessions, trust, 'other.example.test')).resumed).toBe(false)
  })

  test('not with another trust, another client certificate or other checks', async () => {
    const [port, sessions] = [await server(), new TlsSessions()]
    await visit(port, sessions)
    expect(await refused(dialTls(port, { sessions }))).toMatchObject({ code: 'tls.unknown-issuer' })
    const { cert, key } = client
    for (const tls of [
      { ...trust, cert, key },
      { ...trust, verifyHost: false },
      { ...trust, pins: [pin] },
    ]) {
      expect((await visit(port, sessions, tls)).resumed).toBe(false)
    }
    expect((await visit(port, sessions)).resumed).toBe(true)
  })

  test('a session of a connection without checks opens nothing to one with them', async () => {
    const wrong = signed({ names: ['other.example.test'] })
    const [port, sessions] = [await server(wrong), new TlsSessions()]
    const unchecked = await visit(port, sessions, { ...trust, rejectUnauthorized: false })
    expect(unchecked.verified).toBe(false)
    expect(await refused(dialTls(port, { ...trust, sessions }))).toMatchObject({ code: 'tls.wrong-name' })
  })

  test('a session that comes under a false key is not used for another name', async () => {
    const wrong = signed({ names: ['other.example.test'] })
    const port = await server(wrong)
    const kept: Buffer[] = []
    const store: TlsSessionStore = {
      get: () => kept.at(-1),
      set: (_, session) => void kept.push(session),
      delete: () => {},
    }
    await visit(port, store, { ...trust, rejectUnauthorized: false })
    expect(kept.length).toBeGreaterThan(0)
    expect(await refused(dialTls(port, { ...trust, sessions: store }))).toMatchObject({ code: 'tls.wrong-name' })
  })

  test('pins, decide and accepted certificates are asked again', async () => {
    const [port, sessions] = [await server(), new TlsSessions()]
    const pinned = { ...trust, pins: [pin] }
    expect((await visit(port, sessions, pinned)).resumed).toBe(false)
    expect((await visit(port, sessions, pinned)).resumed).toBe(true) // of the authority, which only the first one showed
    const decide = vi.fn<NonNullable<TlsOptions['decide']>>(() => undefined)
    await visit(port, sessions, { ...trust, decide })
    expect((await visit(port, sessions, { ...trust, decide })).resumed).toBe(true)
    expect(decide.mock.calls.map(([{ chain }]) => chain.length)).toEqual([2, 2])
    decide.mockReturnValue(false)
    expect(await refused(dialTls(port, { ...trust, decide, sessions }))).toMatchObject({
      code: 'tls.refused-by-caller',
    })
    const own = makeCertificate({ commonName: 'self', names: ['x.example.test'] })
    const accepting = { acceptedCertificates: own.cert }
    const other = await server(own)
    await visit(other, sessions, accepting)
    expect(await visit(other, sessions, accepting)).toMatchObject({ resumed: true, verified: false })
  })

  test('without the chain a session is not used where the chain is needed', async () => {
    const port = await server()
    const kept = new Map<string, Buffer>()
    const elsewhere: TlsSessionStore = {
      get: (key) => kept.get(key) && Buffer.from(kept.get(key)!), // as from a file: other octets
      set: (key, session) => void kept.set(key, session),
      delete: (key) => void kept.delete(key),
    }
    await visit(port, elsewhere)
    expect((await visit(port, elsewhere)).resumed).toBe(true)
    const pinned = { ...trust, pins: [pin] }
    await visit(port, elsewhere, pinned)
    expect((await visit(port, elsewhere, pinned)).resumed).toBe(false)
  })

  test('a session whose certificate has expired meanwhile is not used', async () => {
    const [port, sessions] = [await server(), new TlsSessions()]
    await visit(port, sessions)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 })
    try {
      expect((await visit(port, sessions)).resumed).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })

  test('nothing is kept of a connection that was refused', async () => {
    const [port, sessions] = [await server(), new TlsSessions()]
    await refused(dialTls(port, { sessions }))
    await refused(dialTls(port, { ...trust, decide: () => false, sessions }))
    expect(sessions.size).toBe(0)
  })

  test('octets that are no session are thrown away', async () => {
    const port = await server()
    const deleted: string[] = []
    const store: TlsSessionStore = {
      get: () => Buffer.from('3003a30130', 'hex'),
      set: () => {},
      delete: (key) => deleted.push(key),
    }
    expect((await visit(port, store)).resumed).toBe(false)
    expect(deleted).toHaveLength(1)
  })
})
