import { certificateProblem, type Certificate, type Identity } from '@posthorn/certificate'
import { SettingsError } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import { DIGESTS, type DigestAlgorithm } from './digest-algorithm.js'
import type { SignOptions } from './options.js'
import { digestIdentifier, signatureIdentifier } from './signature-algorithm.js'
import { holds, schemeOf, type SignatureScheme } from './signature-scheme.js'

/** Settings for signing that were looked at and can be used. */
export interface Signer {
  readonly identity: Identity
  readonly form: 'detached' | 'opaque'
  readonly digestAlgorithm: DigestAlgorithm
  /** AlgorithmIdentifiers, encoded. */
  readonly digestIdentifier: Buffer
  readonly signatureIdentifier: Buffer
  /** The certificates that go along. */
  readonly certificates: readonly Certificate[]
  readonly signedAt: Date
  /** Signs these octets. @throws {SettingsError} `smime.key` */
  sign(octets: Uint8Array): Promise<Uint8Array>
}

/** Identities whose key was seen to belong to their certificate. */
const matched = new WeakSet<Identity>()

/**
 * Looks at settings for signing.
 * @throws {SettingsError} `smime.option` for a value that does not exist; `smime.digest` for one that is not offered; `smime.key` for a key
 * that cannot sign; `certificate.expired`, `certificate.not-yet-valid`, `certificate.wrong-usage`
 */
export function signerOf(options: SignOptions): Signer {
  const { identity, form = 'detached', digest = 'sha256', attach = 'chain' } = options
  oneOf(form, ['detached', 'opaque'], 'form')
  oneOf(options.padding ?? 'pkcs1', ['pkcs1', 'pss'], 'padding')
  oneOf(attach, ['chain', 'certificate', 'none'], 'attach')
  const { certificate, privateKey } = identity
  const { type } = privateKey
  if (type === 'x25519') {
    throw refusal(
      'smime.key',
      'smime.sign.identity',
      'has an X25519 key, which can agree on keys and cannot sign',
      'Sign with an RSA, ECDSA or Ed25519 key.',
    )
  }
  const signedAt = options.now?.() ?? new Date()
  const problem = certificateProblem(certificate, 'sign-mail', signedAt)
  if (problem) {
    const hint = 'Sign with a certificate for mail that is valid now.'
    throw refusal(problem.code, 'smime.sign.identity', `the certificate ${problem.sentence}`, hint)
  }
  const pssOnly = certificate.publicKey.asymmetricKeyType === 'rsa-pss'
  const padding = pssOnly ? 'pss' : (options.padding ?? 'pkcs1')
  const digestAlgorithm = type === 'ed25519' ? DIGESTS.sha512 : digestOf(digest) // RFC 8419 3.1
  return {
    identity,
    form,
    digestAlgorithm,
    digestIdentifier: digestIdentifier(digestAlgorithm),
    signatureIdentifier: signatureIdentifier(type, digestAlgorithm, padding),
    certificates: attach === 'none' ? [] : attach === 'certificate' ? [certificate] : withIssuers(identity),
    signedAt,
    sign: (octets) => signWith(identity, octets, schemeOf(type, digestAlgorithm.name, padding)),
  }
}

/** Without the root, which a reader trusts only when it has it already (RFC 8550 2.3). */
function withIssuers({ certificate, chain }: Identity): Certificate[] {
  return [certificate, ...chain.filter(({ subject, issuer }) => subject !== issuer)]
}

function digestOf(name: string): DigestAlgorithm {
  if (Object.hasOwn(DIGESTS, name)) return DIGESTS[name as keyof typeof DIGESTS]
  throw refusal(
    'smime.digest',
    'smime.sign.digest',
    /^md5$/i.test(name) ? 'is MD5, which anybody can forge' : 'is not a digest that signatures are made with here',
    'Use sha256, sha384 or sha512; sha1 only where an old reader needs it.',
  )
}

function oneOf(value: string, values: readonly string[], name: string): void {
  if (values.includes(value)) return
  throw refusal(
    'smime.option',
    `smime.sign.${name}`,
    `is none of ${values.join(', ')}`,
    'Use one of them, or leave it out.',
  )
}

/** The first signature of an identity is verified: a key that is not the certificate's shows here and not at the reader. */
async function signWith(identity: Identity, octets: Uint8Array, scheme: SignatureScheme): Promise<Uint8Array> {
  const { certificate, privateKey } = identity
  const padding = scheme.name === 'rsa-pss' ? 'pss' : 'pkcs1'
  const signature = await privateKey.sign(octets, { digest: scheme.digest, padding }).catch((error: unknown) => {
    if (error instanceof SettingsError) throw error
    throw refusal(
      'smime.key',
      'smime.sign.identity',
      'the key did not sign',
      'The cause says why; a token may be locked or gone.',
      error,
    )
  })
  if (!matched.has(identity)) {
    if (!(await holds(certificate.publicKey, scheme, octets, signature))) {
      throw refusal(
        'smime.key',
        'smime.sign.identity',
        'the private key does not belong to the certificate',
        'Take the certificate and the key from one file, or look for the certificate that goes with the key.',
      )
    }
    matched.add(identity)
  }
  return signature
}
