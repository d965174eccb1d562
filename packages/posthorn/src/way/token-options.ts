import { SettingsError } from '@posthorn/ground'
import { checkProfile, type Profile } from '@posthorn/settings'
import type { TokenOptions } from '../oauth2/token-options.js'
import { KeptValues } from './kept-values.js'
import type { ProfileTerms } from './profile-terms.js'
import { tokenOptionsFor } from './profile-tokens.js'

/**
 * How `oauth2` of a profile gets tokens: for `TokenManager`, which signs people in.
 * @throws {SettingsError} `oauth2.settings`, `settings.*`, `certificate.*`
 */
export async function tokenOptionsOf(profile: Profile, terms: ProfileTerms = {}): Promise<TokenOptions> {
  checkProfile(profile)
  if (profile.oauth2 === undefined) {
    throw new SettingsError('oauth2.settings', 'oauth2', 'is missing in the profile', {
      hint: 'Set oauth2.provider, oauth2.clientId and what its grant needs.',
    })
  }
  return tokenOptionsFor(profile, new KeptValues(terms), terms.signIn)
}
