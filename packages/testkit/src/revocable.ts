import { webcrypto } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServerCertificate } from './certificates.js'
import { provideReflectMetadata } from './reflection.js'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const CRL_PATH = '/ca.crl'
const DAY_MS = 86_400_000

/** A test CA that says on the loopback which of its certificates it has taken back: by a CRL (RFC 5280 5) over HTTP. */
export class RevocableCertificates {
  /** The certificate of the CA, PEM. */
  readonly ca: string
  /** For localhost and 127.0.0.1, with the address of the CRL in it. */
  readonly good: ServerCertificate
  /** The same, and in the CRL. */
  readonly revoked: ServerCertificate
  /** How often the CRL was fetched. */
  fetched = 0
  #server: Server

  /** Makes the certificates and begins to serve the CRL on 127.0.0.1. */
  static async start(): Promise<RevocableCertificates> {
    provideReflectMetadata()
    const x509 = await import('@peculiar/x509')
    let crl = new Uint8Array()
    let count = (): void => {}
    const server = createServer((request, response) => {
      count()
      response.writeHead(request.url === CRL_PATH ? 200 : 404, { 'content-type': 'application/pkix-crl' })
      response.end(request.url === CRL_PATH ? crl : undefined)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${CRL_PATH}`

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
    const leaf = async (serialNumber: string): Promise<ServerCertificate> => {
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
          new x509.CRLDistributionPointsExtension([url]),
        ],
      })
      const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
      return { key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), cert: certificate.toString('pem') }
    }
    const [good, revoked] = await Promise.all([leaf('1001'), leaf('1002')])
    const list = await x509.X509CrlGenerator.create({
      issuer: authority.subject,
      thisUpdate: from,
      nextUpdate: to,
      signingAlgorithm: ALGORITHM,
      signingKey: keys.privateKey,
      entries: [{ serialNumber: '1002', revocationDate: from, reason: x509.X509CrlReason.keyCompromise }],
    })
    crl = new Uint8Array(list.rawData)
    const made = new RevocableCertificates(authority.toString('pem'), good, revoked, server)
    count = () => made.fetched++
    return made
  }

  private constructor(ca: string, good: ServerCertificate, revoked: ServerCertificate, server: Server) {
    this.ca = ca
    this.good = good
    this.revoked = revoked
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
