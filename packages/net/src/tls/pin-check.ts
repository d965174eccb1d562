import type { ConnectError } from '@posthorn/ground'
import type { Certificate } from '@posthorn/certificate'
import { createHash } from 'node:crypto'
import { connectError } from '../diagnosis.js'
import type { Case } from './case.js'
import { pinOf } from './pins.js'
import { readChain } from './read-chain.js'

/**
 * RFC 7469 2.6: one key of the verified path is known. The peer has proved its own key by the handshake; one above it counts when the path from
 * the peer's certificate to it was verified.
 * @param path what was verified; undefined where the settings do without, and then a path to a pinned key is as good
 * @param isVerified whether somebody vouches for the chain: then no path but that one counts
 * @throws {ConnectError} `tls.certificate-invalid`
 */
export async function pinProblem(
  c: Case,
  pins: ReadonlySet<string>,
  isVerified: boolean,
  path: () => Promise<readonly Certificate[] | undefined>,
): Promise<ConnectError | undefined> {
  const { attempt, peer } = c
  const own = peer.certificate && pinOf(peer.certificate)
  if (own !== undefined && pins.has(own)) return undefined
  const isPinned = ({ publicKeyDer }: Certificate) => pins.has(createHash('sha256').update(publicKeyDer).digest('hex'))
  const verified = peer.certificate && (isVerified ? await path() : await pathToPin(c, isPinned))
  if (verified?.some(isPinned)) return undefined
  const shown =
    own === undefined ? 'it showed no certificate' : `its own is sha256/${Buffer.from(own, 'hex').toString('base64')}`
  const unknown = isVerified && !verified ? ', and no path above that can be verified from what it sent' : ''
  return connectError(
    'tls.pin-mismatch',
    'tls',
    `${attempt.target.host} has none of the pinned keys; ${shown}${unknown}`,
  )
}

/** With the checks switched off by name, the owner of a pinned key is the authority. */
async function pathToPin(
  c: Case,
  isPinned: (certificate: Certificate) => boolean,
): Promise<readonly Certificate[] | undefined> {
  const [server, ...above] = await readChain(c, c.peer.shown())
  const anchors = above.filter(isPinned)
  if (!server || anchors.length === 0) return undefined
  const { verifyChain } = await import('@posthorn/certificate')
  const verdict = await verifyChain(server, above, anchors, new Date(), 'server')
  return verdict.trusted ? verdict.path : undefined
}
