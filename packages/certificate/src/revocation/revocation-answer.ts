import { signatureBy, signedPartBy } from '../certificate-signature.js'
import type { Certificate } from '../certificate.js'
import type { SignedPart } from '../read-certificate.js'
import type { Interval } from './revocation-time.js'

/** What somebody who may say it has said about a certificate. */
export interface RevocationAnswer extends Interval {
  readonly status: 'good' | 'revoked'
  readonly revokedAt: Date | undefined
}

/** An answer that says nothing. The message goes on from the name of the answer: `the response`, `the CRL`. */
export class UnusableAnswer extends Error {}

/** Digests of which a second text with the same signature can be made; whoever asks for answers has a say in what is signed. */
const BROKEN_DIGESTS: readonly string[] = ['md5', 'sha1']

/** @throws {UnusableAnswer} when the key of `signer` did not sign this, or with a digest that can be forged */
export async function expectSignature(signer: Certificate, signed: SignedPart): Promise<void> {
  const signature = signatureBy(signed)
  if (!signature) throw new UnusableAnswer('is signed in a way that is not known')
  if (BROKEN_DIGESTS.includes(signature.digest ?? '')) {
    throw new UnusableAnswer(`is signed with ${signature.digest!.toUpperCase()}, which can be forged`)
  }
  if (!(await signedPartBy(signer, signed))) throw new UnusableAnswer(`is not signed by '${signer.subject}'`)
}
