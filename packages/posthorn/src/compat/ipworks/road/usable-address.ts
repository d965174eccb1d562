import { systemResolver, type Resolve } from '@posthorn/net'
import { BlockList, isIP } from 'node:net'
import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'

/** Where nobody is. */
const UNSPECIFIED = new BlockList()
UNSPECIFIED.addAddress('0.0.0.0')
UNSPECIFIED.addAddress('::', 'ipv6')

/**
 * Refuses 0.0.0.0 and `::` in whatever way they are written; a name is none of them yet.
 * @param host also with the brackets of an IPv6 address
 * @throws {IPWorksError} 102
 */
export function checkUsable(host: string, name: string): void {
  const address = host.replace(/^\[(.*)\]$/s, '$1')
  const family = isIP(address)
  if (family === 0 || !UNSPECIFIED.check(address, family === 6 ? 'ipv6' : 'ipv4')) return
  throw new IPWorksError(102, `${errorText(102)}: ${name} is ${address}, which is no address to connect to`)
}

/** The system's resolver, for names that may not lead to 0.0.0.0 or `::`. It rejects with IPWorksError 102 then. */
export const usableResolver: Resolve = async (host, options) => {
  const found = await systemResolver(host, options)
  for (const { address } of found) checkUsable(address, host)
  return found
}
