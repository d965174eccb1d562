import { webcrypto } from 'node:crypto'
import type * as x509Module from '@peculiar/x509'
import { provideReflectMetadata } from './reflection.js'

type X509 = typeof x509Module

/** A private key (PKCS #8) and its certificate, both PEM, as `tls.createSecureContext` takes them. */
export interface ServerCertificate {
  readonly key: string
  readonly cert: string
}

/** A test CA and what it signed, and what it should not have. Each entry but `good` has one fault only. */
export interface Certificates {
  /** The certificate of the test CA, PEM: the trust anchor for all but `selfSigned` and `unknownIssuer`. */
  readonly ca: string
  /** For localhost, 127.0.0.1, ::1 and relay.example.test. */
  readonly good: ServerCertificate
  /** For elsewhere.example.test only. */
  readonly wrongName: ServerCertificate
  /** Its validity ended a year ago. */
  readonly expired: ServerCertificate
  /** Its validity begins in a year. */
  readonly notYetValid: ServerCertificate
  /** Signed by its own key. */
  readonly selfSigned: ServerCertificate
  /** Signed by a CA of the same kind that nobody was told about, sent without that CA's certificate. */
  readonly unknownIssuer: ServerCertificate
  /** `CN=localhost` and no subjectAltName (RFC 7817 3). */
  readonly commonNameOnly: ServerCertificate
  /** Its extended key usage is client authentication only. */
  readonly wrongUsage: ServerCertificate
}

/** The entries of `Certificates` a server can show. */
export type CertificateName = Exclude<keyof Certificates, 'ca'>

/** Every name a server can be told to show, for parsers and tables of tests. */
export const certificateNames: readonly CertificateName[] = [
  'good',
  'wrongName',
  'expired',
  'notYetValid',
  'selfSigned',
  'unknownIssuer',
  'commonNameOnly',
  'wrongUsage',
]

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const YEAR_MS = 365 * 86_400_000

interface Authority {
  readonly certificate: x509Module.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

interface Leaf {
  readonly names?: readonly string[]
  readonly subject?: string
  readonly fromYears?: number
  readonly untilYears?: number
  readonly usage?: string
  readonly issuer?: Authority | 'self'
}

let made: Promise<Certificates> | undefined

/** Makes the certificates at the first call (ECDSA P-256, some tens of milliseconds) and gives the same ones for the life of the process. */
export function certificates(): Promise<Certificates> {
  made ??= make()
  return made
}

async function make(): Promise<Certificates> {
  provideReflectMetadata()
  const x509 = await import('@peculiar/x509') // here and not at the top: it must not be loaded before Reflect is ready
  const [authority, stranger] = await Promise.all([
    makeAuthority(x509, 'CN=Test CA,O=example.test'),
    makeAuthority(x509, 'CN=Unknown CA,O=example.test'),
  ])
  const leaf = (facts: Leaf): Promise<ServerCertificate> => makeLeaf(x509, authority, facts)
  const [good, wrongName, expired, notYetValid, selfSigned, unknownIssuer, commonNameOnly, wrongUsage] =
    await Promise.all([
      leaf({}),
      leaf({ names: ['elsewhere.example.test'], subject: 'CN=elsewhere.example.test' }),
      leaf({ fromYears: -2, untilYears: -1 }),
      leaf({ fromYears: 1, untilYears: 2 }),
      leaf({ issuer: 'self' }),
      leaf({ issuer: stranger }),
      leaf({ names: [], subject: 'CN=localhost' }),
      leaf({ usage: CLIENT_AUTH }),
    ])
  const ca = authority.certificate.toString('pem')
  return { ca, good, wrongName, expired, notYetValid, selfSigned, unknownIssuer, commonNameOnly, wrongUsage }
}

async function makeAuthority(x509: X509, name: string): Promise<Authority> {
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    notBefore: yearsFromNow(-3),
    notAfter: yearsFromNow(10),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate, keys }
}

async function makeLeaf(x509: X509, authority: Authority, facts: Leaf): Promise<ServerCertificate> {
  const keys = await generateKeys()
  const names = facts.names ?? ['localhost', 'relay.example.test', '127.0.0.1', '::1']
  const subject = facts.subject ?? 'CN=relay.example.test'
  const extensions: x509Module.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([facts.usage ?? SERVER_AUTH]),
  ]
  if (names.length > 0) {
    const isIp = (name: string): boolean => /^[\d.]+$|:/.test(name)
    const entries = names.map((value) => ({ type: isIp(value) ? ('ip' as const) : ('dns' as const), value }))
    extensions.push(new x509.SubjectAlternativeNameExtension(entries))
  }
  const signer = facts.issuer === 'self' ? undefined : (facts.issuer ?? authority)
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: signer?.certificate.subject ?? subject,
    notBefore: yearsFromNow(facts.fromYears ?? -1),
    notAfter: yearsFromNow(facts.untilYears ?? 5),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: (signer?.keys ?? keys).privateKey,
    extensions,
  })
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), cert: certificate.toString('pem') }
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

function yearsFromNow(years: number): Date {
  return new Date(Date.now() + years * YEAR_MS)
}
