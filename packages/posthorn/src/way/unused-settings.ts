import { SETTINGS, valuesOf, type Profile } from '@posthorn/settings'
import type { KeptValues } from './kept-values.js'

/** Warns of settings that stand in a profile and have no effect beside others. */
export function warnOfUnused(profile: Profile, kept: KeptValues): void {
  const { transport, credentials, oauth2, proxy } = profile
  if (
    transport === 'direct' &&
    credentials?.enabled !== false &&
    (credentials?.user !== undefined || oauth2 !== undefined)
  ) {
    kept.warn({
      code: 'settings.unused',
      path: credentials?.user === undefined ? 'oauth2' : 'credentials',
      message: 'is kept and not used: the transport direct logs in nowhere',
      hint: 'Leave it out, or set credentials.enabled to false.',
    })
  }
  if (proxy?.type === 'none' && proxy.host !== undefined) {
    kept.warn({
      code: 'settings.unused',
      path: 'proxy.host',
      message: 'is kept and not used: proxy.type is none, which wins',
      hint: 'Give the type of the proxy, or leave its host out.',
    })
  }
  if (transport === 'spool') warnOfUnusedInFolder(profile, kept)
}

/** Groups that are about a session with a server, and nothing else. */
const OF_SESSIONS = new Set(['relay', 'tls', 'credentials', 'oauth2', 'api', 'proxy', 'pool', 'direct', 'identity'])
/** It bounds the writing of a file, too. */
const OF_ANY_WAY = new Set(['timeouts.totalMs'])

/** One warning for them all: they may stand there for the process that sends what is in the folder. */
function warnOfUnusedInFolder(profile: Profile, kept: KeptValues): void {
  const unused = new Set<string>()
  for (const [path, value] of valuesOf(profile)) {
    const [group = '', name] = path.split('.')
    if (value === undefined || OF_ANY_WAY.has(path)) continue
    if (OF_SESSIONS.has(group)) unused.add(group)
    else if (SETTINGS.get(path)?.smtp !== undefined) unused.add(name === undefined ? group : path)
  }
  const [first, ...others] = unused
  if (first === undefined) return
  const also = others.length === 0 ? '' : `, like ${others.join(', ')}`
  kept.warn({
    code: 'settings.unused',
    path: first,
    message: `is kept and not used${also}: the transport spool asks no server`,
    hint: 'Give it to the profile that sends from the folder; this one can do without.',
  })
}
