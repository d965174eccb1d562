import { createHash, X509Certificate } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { explicit, integer, name, oid, sequence, signingBy, time, tlv, type TestCertificate } from './certificate.js'

const HOUR = 3_600_000
const SHA1 = '1.3.14.3.2.26'

/** A list of certificates taken back (RFC 5280 5). */
export function makeCrl(issuer: TestCertificate, revoked: readonly TestCertificate[] = []): Buffer {
  const { algorithm, signed } = signingBy(issuer.privateKey)
  const [now, soon] = [new Date(Date.now() - HOUR), new Date(Date.now() + HOUR)]
  const entries = revoked.map(({ serial }) => sequence(integer(serial), time(now)))
  const list = entries.length > 0 ? [sequence(...entries)] : []
  return signed(sequence(integer(1), algorithm, name(issuer.commonName), time(now), time(soon), ...list))
}

/** What a responder says about one certificate (RFC 6960 4.2). */
export function makeOcspResponse(
  issuer: TestCertificate,
  { serial }: TestCertificate,
  status: 'good' | 'revoked',
): Buffer {
  const generalized = (date: Date) => tlv(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+Z/g, '')}Z`))
  const [now, soon] = [generalized(new Date(Date.now() - HOUR)), generalized(new Date(Date.now() + HOUR))]
  const hash = (octets: Buffer) => tlv(0x04, createHash('sha1').update(octets).digest())
  const id = sequence(
    sequence(oid(SHA1), tlv(0x05)),
    hash(name(issuer.commonName)),
    hash(keyOctets(issuer)),
    integer(serial),
  )
  const answer = sequence(id, status === 'good' ? tlv(0x80) : tlv(0xa1, now), now, explicit(0, soon))
  const data = sequence(explicit(1, name(issuer.commonName)), now, sequence(answer))
  const basic = signingBy(issuer.privateKey).signed(data)
  const bytes = sequence(oid('1.3.6.1.5.5.7.48.1.1'), tlv(0x04, basic))
  return sequence(tlv(0x0a, Buffer.of(0)), explicit(0, bytes))
}

/** The content of subjectPublicKey, without the count of unused bits: 65 octets for a point on P-256. */
function keyOctets({ cert }: TestCertificate): Buffer {
  return new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)
}

const open = new Set<() => Promise<void>>()

afterEach(async () => {
  for (const close of open) await close()
  open.clear()
})

/** A responder on loopback: what a path answers; a path that is not there is 404, `hang` never answers. */
export async function responder(): Promise<{
  readonly url: string
  readonly answers: Map<string, Buffer>
  readonly asked: string[]
  readonly hanging: Promise<void>
}> {
  const answers = new Map<string, Buffer>()
  const asked: string[] = []
  let onHang = () => {}
  const hanging = new Promise<void>((done) => (onHang = done))
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url?.startsWith('/hang')) return onHang()
    const answer = answers.get(request.url ?? '')
    response.writeHead(answer ? 200 : 404).end(answer)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  open.add(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers, asked, hanging }
}
