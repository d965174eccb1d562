import type { SmimeOptions } from '@posthorn/mime'
import { checkProfile, type Profile } from '@posthorn/settings'
import { smimeOf } from './compose-options.js'
import { KeptValues } from './kept-values.js'
import type { ProfileTerms } from './profile-terms.js'

/**
 * How a profile signs and encrypts, with its certificates read; undefined when it does neither. For `trySigning` and `tryEncrypting`, which
 * tell whether it works before a message depends on it.
 * @throws {SettingsError} `settings.*`, `certificate.*`
 */
export async function smimeOptionsOf(profile: Profile, terms: ProfileTerms = {}): Promise<SmimeOptions | undefined> {
  checkProfile(profile)
  return smimeOf(profile.smime, new KeptValues(terms))
}
