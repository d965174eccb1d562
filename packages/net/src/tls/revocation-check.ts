import type { ConnectError } from '@posthorn/ground'
import type { Certificate, RevocationFetch, RevocationFinding } from '@posthorn/certificate'
import { connectError, printable } from '../diagnosis.js'
import type { RevocationChecks, TlsFacts } from '../options.js'
import type { Case, RevocationWays } from './case.js'
import { readChain } from './read-chain.js'

export interface RevocationAnswer {
  readonly problem: ConnectError | undefined
  readonly revocation: TlsFacts['revocation']
  readonly notes: readonly string[]
}

/**
 * Asks whether the certificates of a verified path were taken back. It ends with the attempt at the latest.
 * @param path to the authority that is trusted; without one nobody is asked, for the addresses to ask would be anybody's
 */
export async function askAfter(
  c: Case,
  { crl = 'off', ocsp = 'off' }: RevocationChecks,
  path: readonly Certificate[] | undefined,
): Promise<RevocationAnswer> {
  if (crl === 'off' && ocsp === 'off') return { problem: undefined, revocation: undefined, notes: [] }
  const { attempt, stapled, ways } = c
  const { checkRevocation } = await import('@posthorn/certificate')
  const { status, refused, reason, revokedAt } = path
    ? await checkRevocation({ chain: path, stapled, crl, ocsp, fetch: fetchBy(ways), signal: attempt.signal })
    : await withoutPath(c, crl === 'required' || ocsp === 'required', ocsp === 'soft')
  const { host } = attempt.target
  if (refused) {
    const since = revokedAt ? ` on ${revokedAt.toISOString().slice(0, 10)}` : ''
    const problem =
      status === 'revoked'
        ? connectError('tls.revoked', 'tls', `a certificate of ${host} was revoked${since} (${printable(reason)})`)
        : connectError('tls.revocation-unknown', 'tls', `nobody says whether ${host} was revoked: ${printable(reason)}`)
    return { problem, revocation: undefined, notes: [] }
  }
  if (status === 'good') return { problem: undefined, revocation: 'good', notes: [] }
  const note = `nobody says whether the certificate of ${host} was revoked: ${printable(reason)}`
  return { problem: undefined, revocation: 'unknown', notes: [note] }
}

/** RFC 7633: a certificate may say itself that it is worth nothing without an answer. */
async function withoutPath(c: Case, isRequired: boolean, isSoft: boolean): Promise<RevocationFinding> {
  const [server] = await readChain(c, c.peer.shown())
  const refused = isRequired || (isSoft && server?.mustStaple === true)
  return { status: 'unknown', refused, reason: 'no path to a trusted authority can be verified from what was sent' }
}

function fetchBy({ proxy, resolve, send }: RevocationWays): RevocationFetch {
  return async (url, { body, contentType, signal, maxOctets }) => {
    const headers = contentType === undefined ? undefined : { 'content-type': contentType }
    const response = await send({ url, body, headers, signal }, { proxy, resolve, maxOctets })
    if (response.status !== 200) throw new Error(`${url} answered with status ${response.status}`)
    return response.body
  }
}
