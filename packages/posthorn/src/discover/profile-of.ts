import type { Profile } from '@posthorn/settings'
import type { Candidate } from './discovery.js'

/**
 * A profile for a candidate, which lacks nothing but the password: `credentials.password`, or, where the provider takes tokens alone, what is needed for
 * its `oauth2`. Look at `candidate.confirm` before giving it one.
 */
export function profileOf({ settings }: Candidate): Profile {
  const { host, port, security, login, user, oauth2 } = settings
  const provider = oauth2?.need === 'required' ? oauth2.provider : undefined
  return {
    relay: { host, port },
    security,
    ...(user === undefined || login === 'none' ? {} : { credentials: { user } }),
    ...(provider === undefined ? {} : { oauth2: { provider } }),
  }
}
