import type { Profile } from '../profile/profile.js'

/** Mechanisms that send the password, or the token, itself. */
const SENDS_SECRET = /^(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER)$/

/**
 * True when a login stands in the profile that Posthorn does not make without TLS, and the profile would go without: a product that logs in all
 * the same must be told to require TLS.
 * @param automatic true when the product chooses a mechanism by itself that sends the password
 */
export function loginNeedsTls({ relay, security, credentials = {}, oauth2 }: Profile, automatic: boolean): boolean {
  const clear = security === 'none' || security === 'opportunistic'
  const { enabled, user, password, accessToken, mechanism, mechanisms, allowCleartextAuth, minimumAuthStrength } =
    credentials
  const login = [user, password, accessToken, mechanism, oauth2].some((each) => each !== undefined)
  if (!clear || relay?.host === undefined || enabled === false || !login) return false
  if (allowCleartextAuth !== true) return true
  if (minimumAuthStrength === undefined || minimumAuthStrength === 'none' || minimumAuthStrength === 'cleartext')
    return false
  const named = mechanism === undefined ? mechanisms : [mechanism]
  return named === undefined ? automatic : named.some((each) => SENDS_SECRET.test(each))
}
