import { Secret } from '@posthorn/ground'
import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TlsOptions as ServerOptions, TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { makeCertificate, type CertificateWish } from '../test/certificate.js'
import { authority, good, HOST, keep, plainServer, refused, resolve, tlsServer, trust } from '../test/server.js'
import { diagnoseTls } from './tls/tls-failure.js'
import { dial } from './dial.js'
import type { ConnectorOption, NetEvent, TlsOptions } from './options.js'
import { resetConnection } from './reset-connection.js'
import { upgrade } from './upgrade.js'

afterEach(() => {
  vi.unstubAllEnvs()
})

const HOUR = 3_600_000
const signed = (wish: Partial<CertificateWish>) =>
  makeCertificate({ commonName: HOST, names: [HOST], issuer: authority, ...wish })

type Road = (port: number, tls?: TlsOptions, onEvent?: (event: NetEvent) => void) => Promise<TLSSocket>
const over = async (port: number, signal?: AbortSignal): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', ...(signal ? { signal } : {}) })
  await once(socket, 'connect')
  return socket
}
const base = { host: HOST, timeoutMs: 20_000 }
const roads: Record<string, Road> = {
  'implicit TLS': (port, tls = trust, onEvent) =>
    dial({ ...base, port, security: 'tls', tls, resolve, onEvent }) as Promise<TLSSocket>,
  'an upgrade': async (port, tls = trust, onEvent) => upgrade(await over(port), { ...base, port, tls, onEvent }),
  'a connector': (port, tls = trust, onEvent) =>
    dial({ ...base, port: 465, security: 'tls', tls, connector: () => over(port), onEvent }) as Promise<TLSSocket>,
  // taking the stream away below TLS while a certificate is refused would end the process
  'a connector that ends its stream by the signal': (port, tls = trust, onEvent) => {
    const connector: ConnectorOption = (_, { signal }) => over(port, signal)
    return dial({ ...base, port: 465, security: 'tls', tls, connector, onEvent }) as Promise<TLSSocket>
  },
}

describe.each(Object.entries(roads))('over %s', (_, road) => {
  test('the right certificate is accepted, and SNI has the name', async () => {
    const names: (string | false | null)[] = []
    const port = await tlsServer(good, (socket) => names.push(socket.servername))
    const socket = keep(await road(port))
    expect(socket.encrypted).toBe(true)
    await expect.poll(() => names).toEqual([HOST])
  })

  test.each<[string, 'transient' | 'permanent', RegExp, Partial<CertificateWish>]>([
    [
      'tls.wrong-name',
      'permanent',
      /for other\.example\.test, 192\.0\.2\.7, not for mail\.example\.test$/,
      { names: ['other.example.test', '192.0.2.7'] },
    ],
    [
      'tls.wrong-name',
      'permanent',
      /for other\.example\.test, not for/,
      { names: ['other.example.test'], commonName: HOST },
    ],
    ['tls.wrong-name', 'permanent', /for ma\*\.example\.test, not for/, { names: ['ma*.example.test'] }],
    ['tls.wrong-name', 'permanent', /for \*\.test, not for/, { names: ['*.test'] }],
    [
      'tls.certificate-expired',
      'transient',
      /has expired \(its own: .*20\d\d GMT\)/,
      { notBefore: new Date(Date.now() - 2 * HOUR), notAfter: new Date(Date.now() - HOUR) },
    ],
    [
      'tls.certificate-not-yet-valid',
      'transient',
      /not yet valid/,
      { notBefore: new Date(Date.now() + HOUR), notAfter: new Date(Date.now() + 2 * HOUR) },
    ],
    [
      'tls.unknown-issuer',
      'permanent',
      /is from CN=Nobody, which is not trusted/,
      { issuer: makeCertificate({ commonName: 'Nobody', authority: true }) },
    ],
    ['tls.certificate-invalid', 'permanent', /INVALID_PURPOSE/, { usage: '1.3.6.1.5.5.7.3.2' }],
  ])('%s (%s, %s)', async (code, outcome, message, wish) => {
    const error = await refused(road(await tlsServer(signed(wish))))
    expect(error).toMatchObject({ code, outcome, phase: 'tls' })
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(/\.$/)
  })

  test('tls.self-signed, unless it is given as ca', async () => {
    const own = makeCertificate({ commonName: HOST, names: [HOST] })
    const port = await tlsServer(own)
    expect(await refused(road(port))).toMatchObject({ code: 'tls.self-signed', outcome: 'permanent' })
    keep(await road(port, { ca: own.cert }))
  })

  test('the environment cannot switch verification off, only rejectUnauthorized can, and the event says so', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const events: NetEvent[] = []
    const port = await tlsServer(signed({ names: ['other.example.test'] }))
    expect(await refused(road(port))).toMatchObject({ code: 'tls.wrong-name' })
    keep(await road(port, { rejectUnauthorized: false }, (event) => events.push(event)))
    expect(events.at(-1)).toMatchObject({ type: 'tls', verified: false, subject: `CN=${HOST}` })
  })

  test('the name counts that tls.servername gives', async () => {
    const port = await tlsServer(signed({ names: ['other.example.test'] }))
    keep(await road(port, { ...trust, servername: 'other.example.test' }))
    const error = await refused(road(port, { ...trust, servername: 'third.example.test' }))
    expect(error.message).toMatch(/not for third\.example\.test$/)
  })

  test('a wildcard is a whole label', async () => {
    keep(await road(await tlsServer(signed({ names: ['*.example.test'] }))))
  })

  test('the common name counts only when there is no DNS name', async () => {
    keep(await road(await tlsServer(signed({ names: [] }))))
  })

  test('tls.old-protocol', async () => {
    const old: ServerOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    const error = await refused(road(await tlsServer({ ...good, ...old })))
    expect(error).toMatchObject({ code: 'tls.old-protocol', outcome: 'permanent', phase: 'tls' })
  })

  test('tls.handshake when there is no cipher in common', async () => {
    const port = await tlsServer({ ...good, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })
    const error = await refused(
      road(port, { ...trust, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384', maxVersion: 'TLSv1.2' }),
    )
    expect(error).toMatchObject({ code: 'tls.handshake', phase: 'tls' })
    expect(error.message).toMatch(/failed: .*handshake failure$/)
  })

  test('connect.reset in phase tls when the server hangs up', async () => {
    const port = await plainServer((socket) => socket.once('data', () => socket.destroy()))
    expect(await refused(road(port))).toMatchObject({ code: 'connect.reset', phase: 'tls', outcome: 'transient' })
  })

  test('tls.client-certificate-required, and one that will do', async () => {
    const asking: ServerOptions = {
      ...good,
      maxVersion: 'TLSv1.2',
      requestCert: true,
      rejectUnauthorized: true,
      ca: authority.cert,
    }
    const port = await tlsServer(asking)
    const error = await refused(road(port))
    expect(error).toMatchObject({ code: 'tls.client-certificate-required', outcome: 'permanent' })
    const client = makeCertificate({ commonName: 'client', issuer: authority, usage: '1.3.6.1.5.5.7.3.2' })
    keep(await road(port, { ...trust, cert: client.cert, key: client.key }))
  })
})

test('a server of TLS 1.3 that wants a client certificate says so afterwards; the error is diagnosed', async () => {
  const port = await tlsServer({ ...good, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true })
  const socket = keep(await roads['implicit TLS']!(port))
  const error = await new Promise((done) => socket.resume().on('error', done))
  const target = { host: HOST, port }
  expect(diagnoseTls(error, target, false)).toMatchObject({ code: 'tls.client-certificate-required', phase: 'tls' })
  expect(diagnoseTls(error, target, true)).toMatchObject({ code: 'tls.client-certificate-refused' })
  expect(diagnoseTls(Object.assign(new Error(), { code: 'ECONNRESET' }), target, false)).toBeUndefined()
})

test('implicit TLS against a port of clear text: tls.plaintext, and the hint names STARTTLS', async () => {
  const port = await plainServer((socket) => socket.write('220 mail.example.test ESMTP\r\n'))
  const error = await refused(roads['implicit TLS']!(port))
  expect(error).toMatchObject({ code: 'tls.plaintext', phase: 'tls', outcome: 'permanent' })
  expect(error.hint).toContain("'starttls'")
})

test('an IP address is checked against the addresses in the certificate, and is not sent as SNI', async () => {
  const names: unknown[] = []
  const port = await tlsServer(good, (socket) => names.push(socket.servername))
  const options = { host: '127.0.0.1', port, security: 'tls', tls: trust, timeoutMs: 20_000 } as const
  keep(await dial(options))
  await expect.poll(() => names).toEqual([false])
  const byName = await tlsServer(signed({ names: [HOST], commonName: '127.0.0.1' }))
  expect(await refused(dial({ ...options, port: byName }))).toMatchObject({ code: 'tls.wrong-name' })
})

test('a long list of names is cut, and names that would forge a log line are made harmless', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `host${index}.example.test`)
  const many = await refused(roads['implicit TLS']!(await tlsServer(signed({ names }))))
  expect(many.message).toMatch(/host9\.example\.test and 2 more, not for/)
  const forged = await refused(roads['implicit TLS']!(await tlsServer(signed({ names: ['a\r\nb\u001b[0m'] }))))
  expect(forged.message).not.toMatch(/[\r\n\u001b]/)
})

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('resumption with %s', (version) => {
  /** With TLS 1.3 the session comes in a message after the handshake, with TLS 1.2 it is there at its end. */
  async function session(port: number): Promise<Buffer> {
    const socket = keep(await roads['implicit TLS']!(port, { ...trust, maxVersion: version }))
    const found =
      version === 'TLSv1.2'
        ? socket.getSession()
        : await new Promise<Buffer>((done) => socket.resume().once('session', done))
    socket.destroy()
    if (!found) throw new Error('no session')
    return found
  }

  test('a session of the same host is resumed, and its certificate is remembered', async () => {
    const port = await tlsServer(good, (socket) => socket.write('hello\n'))
    const events: NetEvent[] = []
    const tls = { ...trust, maxVersion: version, session: await session(port) }
    const socket = keep(await roads['implicit TLS']!(port, tls, (event) => events.push(event)))
    expect(socket.isSessionReused()).toBe(true)
    expect(events.at(-1)).toMatchObject({ verified: true, subject: 'CN=whatever' })
  })

  test('a session of another host is not used, even by a server that would take it', async () => {
    const port = await tlsServer(good, (socket) => socket.write('hello\n'))
    const tls = { ...trust, maxVersion: version, session: await session(port), servername: 'other.example.test' }
    expect(await refused(roads['implicit TLS']!(port, tls))).toMatchObject({ code: 'tls.wrong-name' })
  })

  test('octets that are no session are left out', async () => {
    const port = await tlsServer()
    for (const octets of [Buffer.alloc(0), Buffer.from('3080', 'hex'), Buffer.from('3003a30130', 'hex')]) {
      keep(await roads['implicit TLS']!(port, { ...trust, session: octets }))
    }
  })
})

test('TLS settings that cannot be used are found before anything is sent, and the passphrase opens the key', async () => {
  const fails = async (field: string, tls: TlsOptions, code = 'settings.tls') =>
    expect(dial({ ...base, port: 9, security: 'tls', tls, resolve })).rejects.toMatchObject({ code, field })
  const client = makeCertificate({ commonName: 'client', issuer: authority })
  const key = createPrivateKey(client.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
    .toString()
  await fails('tls.cert', { cert: 'no PEM', key })
  await fails('tls.key', { cert: client.cert, key: good.key })
  await fails('tls.passphrase', { cert: client.cert, key, passphrase: 'wrong' })
  await fails('tls.ciphers', { ciphers: 'NO-SUCH-CIPHER' }, 'settings.tls-ciphers')
  const seen: unknown[] = []
  const port = await tlsServer({ ...good, requestCert: true, ca: authority.cert }, (socket) =>
    seen.push(socket.getPeerCertificate().subject.CN),
  )
  keep(await roads['implicit TLS']!(port, { ...trust, cert: client.cert, key, passphrase: new Secret('open sesame') }))
  await expect.poll(() => seen).toEqual(['client'])
})

test('a connection under TLS can be reset, also in the turn in which its handshake ended', async () => {
  const port = await tlsServer(good, (socket) => socket.on('error', () => {}))
  for (let time = 0; time < 20; time++) {
    const socket = keep(await roads['implicit TLS']!(port))
    resetConnection(socket)
    await once(socket, 'close')
  }
})

test('the server sees that a connection was cut', async () => {
  const seen: unknown[] = []
  const port = await tlsServer(good, (socket) => {
    socket.on('error', ({ code }: NodeJS.ErrnoException) => seen.push(code))
    socket.write('220 ready\r\n')
  })
  const socket = keep(await roads['implicit TLS']!(port))
  await once(socket, 'data')
  resetConnection(socket)
  await expect.poll(() => seen).toEqual(['ECONNRESET'])
})
