import { answerOf, askAddresses } from './ask-addresses.js'
import type { RevocationQuestion } from './ask-addresses.js'
import { crlAnswer } from './crl-answer.js'
import type { KnownAnswer } from './revocation-cache.js'
import type { RevocationCheck } from './revocation.js'

/** The longest CRLs for servers have some megabytes. */
const MAX_OCTETS = 20_000_000

/** Looks for a certificate in the CRL that it names; undefined when it names none that can be asked for. */
export async function askCrl(check: RevocationCheck, question: RevocationQuestion): Promise<KnownAnswer | undefined> {
  const { certificate, issuer, at } = question
  return askAddresses('crl', check, question, async (url) =>
    crlAnswer(await answerOf(question, check, url, { maxOctets: MAX_OCTETS }), certificate, issuer, at),
  )
}
