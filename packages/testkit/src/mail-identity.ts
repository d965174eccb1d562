import { createPrivateKey, createPublicKey, generateKeyPair, webcrypto } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type * as x509Module from '@peculiar/x509'
import { provideReflectMetadata } from './reflection.js'
import { rsaTestKeys } from './rsa-test-keys.js'

type X509 = typeof x509Module

/** Which key pair a certificate has. */
export type MailKeyType = 'rsa' | 'p256' | 'p384' | 'p521' | 'ed25519' | 'x25519'

/** The bits of the key usage extension, by their names in RFC 5280 4.2.1.3. */
export type KeyUsageName =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'

/** The certificate of a person, its private key, and the certificates above it. All are PEM. */
export interface MailIdentity {
  readonly certificate: string
  /** PKCS #8. */
  readonly key: string
  /** The issuers, nearest first, the root last; empty for a self-signed certificate. */
  readonly chain: readonly string[]
  /** What has to be trusted: the last of the chain, or the certificate itself when it is self-signed. */
  readonly root: string
}

/** An authority that can issue: a root or one below it. */
export interface MailAuthority {
  readonly certificate: string
  readonly key: string
  readonly chain: readonly string[]
}

/** An extension as it is to stand in a certificate. */
export interface RawExtension {
  readonly oid: string
  readonly critical?: boolean
  /** DER. */
  readonly value: Uint8Array
}

/** What a mail certificate should say; each default is the right thing for S/MIME (RFC 8550). */
export interface MailIdentityFacts {
  /** Goes into subjectAltName as rfc822Name. Several become several entries; none gives a certificate without one. */
  readonly email: string | readonly string[]
  /** Default `p256`, the quickest to make. The first RSA keys of a process are ready-made ones, each its own. */
  readonly keyType?: MailKeyType
  /** Default: an authority below a root, the same two for the life of the process. */
  readonly issuer?: MailAuthority | 'self'
  /** RFC 4514, default `CN=` and the address. */
  readonly subject?: string
  /** What the issuer signs by way of. Default: SHA-256, or what belongs to its curve. */
  readonly digest?: 'SHA-1'
  /** Key usage; `'none'`: without the extension. Default: signing, and what the key type encrypts with. */
  readonly usage?: readonly KeyUsageName[] | 'none'
  /** Extended key usage as object identifiers; `'none'`: without the extension. Default: emailProtection. */
  readonly extendedUsage?: readonly string[] | 'none'
  /** Default: a year ago. */
  readonly validFrom?: Date
  /** Default: in five years. */
  readonly validTo?: Date
  /** False leaves out the subject key identifier, which recipients may be named by. Default true. */
  readonly subjectKeyIdentifier?: boolean
  /** Others that it should have besides. */
  readonly extensions?: readonly RawExtension[]
}

/** Says of an authority what differs from a root that is valid now. */
export interface MailAuthorityFacts {
  /** RFC 4514, default `CN=Mail Test Root,O=example.test`. */
  readonly subject?: string
  /** Default: itself. */
  readonly issuer?: MailAuthority
  readonly keyType?: Exclude<MailKeyType, 'x25519'>
  /** PKCS #8, PEM: an authority that goes on with the key of another one. Default: a new key. */
  readonly key?: string
  /** Default: no limit. */
  readonly pathLength?: number
  /** False makes a certificate that is no authority, and issues all the same. Default true. */
  readonly isAuthority?: boolean
  readonly usage?: readonly KeyUsageName[] | 'none'
  readonly validFrom?: Date
  readonly validTo?: Date
  /** Others that it should have besides. */
  readonly extensions?: readonly RawExtension[]
}

export const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'

const YEAR_MS = 365 * 86_400_000
const CURVES = { p256: 'P-256', p384: 'P-384', p521: 'P-521' } as const
const DIGESTS = { rsa: 'SHA-256', p256: 'SHA-256', p384: 'SHA-384', p521: 'SHA-512' } as const

let usual: Promise<MailAuthority> | undefined
let rsaKeysTaken = 0

/** Makes a certificate for mail and its key: some milliseconds, except for RSA keys past the ready-made ones. */
export async function mailIdentity(facts: MailIdentityFacts): Promise<MailIdentity> {
  const x509 = await loadX509()
  const keyType = facts.keyType ?? 'p256'
  const emails = typeof facts.email === 'string' ? [facts.email] : facts.email
  const key = await newKey(keyType)
  const issuer = facts.issuer === 'self' ? undefined : (facts.issuer ?? (await usualAuthority()))
  const extensions: x509Module.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    ...keyUsage(x509, facts.usage ?? usualUsage(keyType)),
  ]
  const extendedUsage = facts.extendedUsage ?? [EMAIL_PROTECTION]
  if (extendedUsage !== 'none') extensions.push(new x509.ExtendedKeyUsageExtension([...extendedUsage]))
  if (emails.length > 0) {
    const names = emails.map((value) => ({ type: 'email' as const, value }))
    extensions.push(new x509.SubjectAlternativeNameExtension(names))
  }
  extensions.push(...rawExtensions(x509, facts.extensions))
  return issue(x509, {
    subject: facts.subject ?? `CN=${emails[0] ?? 'nobody'}`,
    key,
    issuer,
    digest: facts.digest,
    extensions,
    withKeyIdentifier: facts.subjectKeyIdentifier !== false,
    validFrom: facts.validFrom ?? new Date(Date.now() - YEAR_MS),
    validTo: facts.validTo ?? new Date(Date.now() + 5 * YEAR_MS),
  })
}

/** Makes an authority: a root, or one below `issuer`. */
export async function mailAuthority(facts: MailAuthorityFacts = {}): Promise<MailAuthority> {
  const x509 = await loadX509()
  return issue(x509, {
    subject: facts.subject ?? 'CN=Mail Test Root,O=example.test',
    key: facts.key === undefined ? await newKey(facts.keyType ?? 'p256') : createPrivateKey(facts.key),
    issuer: facts.issuer,
    extensions: [
      new x509.BasicConstraintsExtension(facts.isAuthority !== false, facts.pathLength, true),
      ...keyUsage(x509, facts.usage ?? ['keyCertSign', 'cRLSign']),
      ...rawExtensions(x509, facts.extensions),
    ],
    withKeyIdentifier: true,
    validFrom: facts.validFrom ?? new Date(Date.now() - 3 * YEAR_MS),
    validTo: facts.validTo ?? new Date(Date.now() + 10 * YEAR_MS),
  })
}

async function usualAuthority(): Promise<MailAuthority> {
  usual ??= mailAuthority().then((root) =>
    mailAuthority({ subject: 'CN=Mail Test CA,O=example.test', issuer: root, pathLength: 0 }),
  )
  return usual
}

interface Order {
  readonly subject: string
  readonly key: KeyObject
  readonly issuer: MailAuthority | undefined
  readonly digest?: string | undefined
  readonly extensions: x509Module.Extension[]
  readonly withKeyIdentifier: boolean
  readonly validFrom: Date
  readonly validTo: Date
}

async function issue(x509: X509, order: Order): Promise<MailIdentity> {
  const publicKey = new x509.PublicKey(createPublicKey(order.key).export({ type: 'spki', format: 'der' }))
  const signer = order.issuer && new x509.X509Certificate(order.issuer.certificate)
  const { extensions } = order
  if (order.withKeyIdentifier) extensions.push(await x509.SubjectKeyIdentifierExtension.create(publicKey))
  if (signer) extensions.push(await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey))
  const signing = await signingKey(order.issuer ? createPrivateKey(order.issuer.key) : order.key, order.digest)
  const made = await x509.X509CertificateGenerator.create({
    subject: order.subject,
    issuer: signer?.subject ?? order.subject,
    notBefore: order.validFrom,
    notAfter: order.validTo,
    publicKey,
    extensions,
    ...signing,
  })
  const certificate = `${made.toString('pem')}\n`
  const chain = order.issuer ? [order.issuer.certificate, ...order.issuer.chain] : []
  const key = order.key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { certificate, key, chain, root: chain.at(-1) ?? certificate }
}

/** The key and the algorithm in the words of Web Crypto. */
async function signingKey(
  key: KeyObject,
  digest: string | undefined,
): Promise<{ signingKey: webcrypto.CryptoKey; signingAlgorithm: webcrypto.Algorithm & { hash?: string } }> {
  const keyType = typeOf(key)
  if (keyType === 'x25519') throw new Error('an X25519 key cannot sign: give an issuer')
  const algorithm =
    keyType === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash: digest ?? DIGESTS.rsa }
      : keyType === 'ed25519'
        ? { name: 'Ed25519' }
        : { name: 'ECDSA', namedCurve: CURVES[keyType], hash: digest ?? DIGESTS[keyType] }
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
  const imported = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
  return { signingKey: imported, signingAlgorithm: algorithm }
}

async function newKey(keyType: MailKeyType): Promise<KeyObject> {
  const generate = promisify(generateKeyPair)
  if (keyType === 'rsa') {
    const ready = rsaTestKeys[rsaKeysTaken++]
    if (ready !== undefined) {
      return createPrivateKey({ key: Buffer.from(ready, 'base64'), format: 'der', type: 'pkcs8' })
    }
    return (await generate('rsa', { modulusLength: 2048 })).privateKey
  }
  if (keyType === 'ed25519') return (await generate('ed25519')).privateKey
  if (keyType === 'x25519') return (await generate('x25519')).privateKey
  return (await generate('ec', { namedCurve: CURVES[keyType] })).privateKey
}

function typeOf(key: KeyObject): MailKeyType {
  if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType === 'x25519') {
    return key.asymmetricKeyType
  }
  const curve = key.asymmetricKeyDetails?.namedCurve
  return curve === 'secp384r1' ? 'p384' : curve === 'secp521r1' ? 'p521' : 'p256'
}

function usualUsage(keyType: MailKeyType): readonly KeyUsageName[] {
  if (keyType === 'rsa') return ['digitalSignature', 'keyEncipherment']
  if (keyType === 'ed25519') return ['digitalSignature']
  return keyType === 'x25519' ? ['keyAgreement'] : ['digitalSignature', 'keyAgreement']
}

function keyUsage(x509: X509, names: readonly KeyUsageName[] | 'none'): x509Module.Extension[] {
  if (names === 'none') return []
  const flags = names.reduce((sum, name) => sum | x509.KeyUsageFlags[name], 0)
  return [new x509.KeyUsagesExtension(flags, true)]
}

function rawExtensions(x509: X509, extensions: readonly RawExtension[] = []): x509Module.Extension[] {
  return extensions.map(({ oid, critical, value }) => new x509.Extension(oid, critical === true, new Uint8Array(value)))
}

async function loadX509(): Promise<X509> {
  provideReflectMetadata()
  return import('@peculiar/x509') // here and not at the top: it must not be loaded before Reflect is ready
}
