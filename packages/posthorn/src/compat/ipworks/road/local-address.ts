import { systemErrorOf, systemResolver, type FamilyOption, type Resolve } from '@posthorn/net'
import { isIP } from 'node:net'
import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'

/**
 * The address to connect from. A name is looked up first; the first of its addresses counts. [ipworks.prop.LocalHost]
 * @param resolve for tests
 * @throws {IPWorksError} 11001 to 11004 when the name has none, 301 when that takes longer than `limitMs`
 */
export async function localAddress(
  localHost: string,
  family: FamilyOption,
  limitMs: number,
  resolve: Resolve = systemResolver,
): Promise<string> {
  if (isIP(localHost) !== 0) return localHost
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), limitMs)
  try {
    const over = new Promise<never>((_, reject) => {
      late.signal.addEventListener('abort', () =>
        reject(
          new IPWorksError(301, `Timeout: the lookup of LocalHost took longer than ${limitMs} ms`, {
            reason: 'timeout',
          }),
        ),
      )
    })
    const [first] = await Promise.race([resolve(localHost, { family, signal: late.signal }), over])
    if (first) return first.address
  } catch (cause) {
    if (cause instanceof IPWorksError) throw cause
    const code = systemErrorOf(cause)?.number ?? 11001
    throw new IPWorksError(code, `${errorText(code)}: LocalHost ${localHost}`, { cause })
  } finally {
    clearTimeout(timer)
  }
  throw new IPWorksError(11004, `${errorText(11004)}: LocalHost ${localHost}`)
}
