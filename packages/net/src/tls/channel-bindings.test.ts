import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { connect } from 'node:net'
import { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { makeCertificate, type CertificateWish } from '../../test/certificate.js'
import { authority, HOST, keep, plainServer, tlsServer, trust } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import { channelBindings } from './channel-bindings.js'
import { TlsSessions } from './sessions.js'

const signed = (wish: Partial<CertificateWish> = {}) =>
  makeCertificate({ commonName: 'server', names: [HOST], issuer: authority, ...wish })
const digestOf = (name: string, { cert }: { cert: string }) =>
  createHash(name).update(new X509Certificate(cert).raw).digest()

test('TLS 1.3: tls-exporter first, the same at both ends (RFC 9266)', async () => {
  const theirs: Buffer[] = []
  const leaf = signed()
  const port = await tlsServer(leaf, (socket) =>
    theirs.push(socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))),
  )
  const { socket } = await dialTls(port, trust)
  await expect.poll(() => theirs).toHaveLength(1)
  const bindings = channelBindings(socket)
  expect(bindings.map(({ type }) => type)).toEqual(['tls-exporter', 'tls-server-end-point'])
  expect(bindings[0]?.octets()).toEqual(theirs[0])
  expect(bindings[1]?.octets()).toEqual(digestOf('sha256', leaf))
})

test('TLS 1.2: tls-server-end-point alone', async () => {
  const leaf = signed({ digest: 'sha384' })
  const { socket } = await dialTls(await tlsServer(leaf), { ...trust, maxVersion: 'TLSv1.2' })
  const bindings = channelBindings(socket)
  expect(bindings.map(({ type }) => type)).toEqual(['tls-server-end-point'])
  expect(bindings[0]?.octets()).toEqual(digestOf('sha384', leaf))
})

test('a broken digest is replaced by SHA-256 (RFC 5929 4.1)', async () => {
  const leaf = signed({ digest: 'sha1' })
  const port = await tlsServer({ ...leaf, ciphers: 'DEFAULT@SECLEVEL=0' })
  const { socket } = await dialTls(port, { acceptedCertificates: leaf.cert })
  expect(channelBindings(socket).at(-1)?.octets()).toEqual(digestOf('sha256', leaf))
})

test('with a certificate that Ed25519 signed the end point is not defined', async () => {
  const keys = generateKeyPairSync('ed25519')
  const leaf = makeCertificate({ commonName: HOST, names: [HOST], keys })
  const { socket } = await dialTls(await tlsServer(leaf), { ca: leaf.cert })
  expect(channelBindings(socket).map(({ type }) => type)).toEqual(['tls-exporter'])
})

test('a resumed session has the certificate it was made with', async () => {
  const leaf = signed()
  const port = await tlsServer({ ...leaf, maxVersion: 'TLSv1.2' })
  const tls = { ...trust, sessions: new TlsSessions() }
  await dialTls(port, tls)
  const { socket, facts } = await dialTls(port, tls)
  expect(facts.resumed).toBe(true)
  expect(channelBindings(socket).map((binding) => binding.octets())).toEqual([digestOf('sha256', leaf)])
})

test('a socket that somebody else brought under TLS has none to rely on', async () => {
  const socket = keep(new TLSSocket(keep(connect(await plainServer(), '127.0.0.1'))))
  expect(channelBindings(socket)).toEqual([])
})
