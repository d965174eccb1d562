import { unlessAborted } from '@posthorn/ground'
import { systemErrorOf, systemResolver, type FamilyOption, type Resolve } from '@posthorn/net'
import { isIP } from 'node:net'
import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'

/**
 * The address to connect from. A name is looked up first; the first of its addresses counts. [ipworks.prop.LocalHost]
 * @param signal ends the wait for a lookup
 * @param resolve for tests
 * @throws {IPWorksError} 11001 to 11004 when the name has none
 * @throws the reason of the signal
 */
export async function localAddress(
  localHost: string,
  family: FamilyOption,
  signal: AbortSignal,
  resolve: Resolve = systemResolver,
): Promise<string> {
  if (isIP(localHost) !== 0) return localHost
  try {
    const [first] = await unlessAborted(resolve(localHost, { family, signal }), signal)
    if (first) return first.address
  } catch (cause) {
    signal.throwIfAborted()
    const code = systemErrorOf(cause)?.number ?? 11001
    throw new IPWorksError(code, `${errorText(code)}: LocalHost ${localHost}`, { cause })
  }
  throw new IPWorksError(11004, `${errorText(11004)}: LocalHost ${localHost}`)
}
