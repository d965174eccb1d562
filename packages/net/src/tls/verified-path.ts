import type { Certificate } from '@posthorn/certificate'
import type { Case } from './case.js'
import { readChain } from './read-chain.js'

/**
 * The path from the peer's certificate to an authority in force, the authority included: every signature, date and right to issue in it is
 * checked (RFC 5280 6.1). Undefined when there is none, although OpenSSL may have found one: it knows all that was sent, and Node shows only
 * what names lead to, wherever a server wants them to lead.
 * @throws {ConnectError} `tls.certificate-invalid`
 */
export async function verifiedPath(c: Case): Promise<readonly Certificate[] | undefined> {
  const { peer, plan } = c
  const [server, ...above] = await readChain(c, peer.shown())
  if (!server) return undefined
  const { verifyChain } = await import('@posthorn/certificate')
  const { anchorsAbove } = await import('./anchors.js')
  const { trusted, between } = await anchorsAbove([server, ...above], plan.tls)
  const verdict = await verifyChain(server, [...above, ...between], trusted, new Date(), 'server')
  return verdict.trusted ? verdict.path : undefined
}
