import { KeyObject, webcrypto } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type * as x509Module from '@peculiar/x509'
import type { ServerCertificate } from './certificates.js'
import { ocspResponse } from './ocsp-response.js'
import { provideReflectMetadata } from './reflection.js'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const CRL_PATH = '/ca.crl'
/** What nobody answers at. */
const GONE_PATH = '/gone'
const DAY_MS = 86_400_000
/** An uncompressed point on P-256. */
const POINT_OCTETS = 65

type Fixtures = Pick<RevocableCertificates, 'ca' | 'good' | 'revoked' | 'unreachable' | 'withoutAddress' | 'ocsp'>

/** A test CA that says on the loopback which of its certificates it has taken back: over HTTP, by a CRL (RFC 5280 5) or by OCSP (RFC 6960). */
export class RevocableCertificates {
  /** The certificate of the CA, PEM. */
  readonly ca: string
  /** For localhost and 127.0.0.1, with the address of the CRL in it. */
  readonly good: ServerCertificate
  /** The same, and in the CRL. */
  readonly revoked: ServerCertificate
  /** The address of its CRL is one where nothing is. */
  readonly unreachable: ServerCertificate
  /** Nobody can be asked after it. */
  readonly withoutAddress: ServerCertificate
  /** The same three, asked after by OCSP instead. */
  readonly ocsp: Readonly<Record<'good' | 'revoked' | 'unreachable', ServerCertificate>>
  /** How often the CRL, or a responder, was asked. */
  fetched = 0
  #server: Server

  /** Makes the certificates and begins to serve the CRL on 127.0.0.1. */
  static async start(): Promise<RevocableCertificates> {
    provideReflectMetadata()
    const x509 = await import('@peculiar/x509')
    const answers = new Map<string, Uint8Array>()
    let count = (): void => {}
    const server = createServer((request, response) => {
      count()
      const answer = answers.get(request.url ?? '')
      response.writeHead(answer ? 200 : 404).end(answer)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
    const [from, to] = [new Date(Date.now() - DAY_MS), new Date(Date.now() + 30 * DAY_MS)]
    const authority = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=Revoking CA,O=example.test',
      notBefore: from,
      notAfter: to,
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    const crlAt = (path: string) => new x509.CRLDistributionPointsExtension([`${url}${path}`])
    const ocspAt = (path: string) => new x509.AuthorityInfoAccessExtension({ ocsp: `${url}${path}` })
    const leaf = async (serialNumber: string, ...asked: x509Module.Extension[]): Promise<ServerCertificate> => {
      const own = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber,
        subject: 'CN=relay.example.test',
        issuer: authority.subject,
        notBefore: from,
        notAfter: to,
        signingAlgorithm: ALGORITHM,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
          new x509.SubjectAlternativeNameExtension([
            { type: 'dns', value: 'localhost' },
            { type: 'ip', value: '127.0.0.1' },
          ]),
          ...asked,
        ],
      })
      const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
      return { key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), cert: certificate.toString('pem') }
    }
    const [good, revoked, unreachable, withoutAddress, goodByOcsp, revokedByOcsp, goneOcsp] = await Promise.all([
      ...[leaf('1001', crlAt(CRL_PATH)), leaf('1002', crlAt(CRL_PATH)), leaf('1003', crlAt(GONE_PATH)), leaf('1004')],
      ...[leaf('1005', ocspAt('/1005')), leaf('1006', ocspAt('/1006')), leaf('1007', ocspAt(GONE_PATH))],
    ] as const)
    const list = await x509.X509CrlGenerator.create({
      issuer: authority.subject,
      thisUpdate: from,
      nextUpdate: to,
      signingAlgorithm: ALGORITHM,
      signingKey: keys.privateKey,
      entries: [{ serialNumber: '1002', revocationDate: from, reason: x509.X509CrlReason.keyCompromise }],
    })
    answers.set(CRL_PATH, new Uint8Array(list.rawData))
    const responder = {
      issuerName: new Uint8Array(authority.subjectName.toArrayBuffer()),
      issuerKey: new Uint8Array(authority.publicKey.rawData).subarray(-POINT_OCTETS),
      signingKey: KeyObject.from(keys.privateKey),
      thisUpdate: from,
      nextUpdate: to,
    }
    answers.set('/1005', ocspResponse({ ...responder, serialNumber: '1005', status: 'good' }))
    answers.set('/1006', ocspResponse({ ...responder, serialNumber: '1006', status: 'revoked' }))
    const ocsp = { good: goodByOcsp, revoked: revokedByOcsp, unreachable: goneOcsp }
    const ca = authority.toString('pem')
    const made = new RevocableCertificates(server, { ca, good, revoked, unreachable, withoutAddress, ocsp })
    count = () => made.fetched++
    return made
  }

  private constructor(server: Server, made: Fixtures) {
    this.ca = made.ca
    this.good = made.good
    this.revoked = made.revoked
    this.unreachable = made.unreachable
    this.withoutAddress = made.withoutAddress
    this.ocsp = made.ocsp
    this.#server = server
  }

  /** Ends the HTTP server: from here on nobody can say what was taken back. */
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise<void>((resolve) => void this.#server.close(() => resolve()))
  }

  /** `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
