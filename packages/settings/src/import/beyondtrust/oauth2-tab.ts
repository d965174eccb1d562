import type { SettingValue } from '../../values.js'
import type { FieldId } from './fields.js'
import type { ProfileFields } from './profile-fields.js'

const SETTINGS_OF: readonly (readonly [FieldId, string])[] = [
  ['ClientId', 'oauth2.clientId'],
  ['ClientSecret', 'oauth2.clientSecret'],
  ['ServerAuthURL', 'oauth2.authorizationUrl'],
  ['ServerTokenURL', 'oauth2.tokenUrl'],
  ['AuthorizationScope', 'oauth2.scope'],
  ['AuthenticationValue', 'oauth2.authorization'],
]
const SECRETS: readonly FieldId[] = ['ClientSecret', 'AuthenticationValue']
const ADDRESSES: readonly FieldId[] = ['ServerAuthURL', 'ServerTokenURL']
const UNUSED = 'kept and not used: the method is not XOAUTH2, or there is no login'

/** True when any field that a token is had with has something in it. */
export function isOAuth2Filled(fields: ProfileFields): boolean {
  return SETTINGS_OF.some(([field]) => fields.text(field) !== undefined)
}

/** How access tokens are had. An authorization that is filled in by hand takes the place of the sign-in. */
export function applyOAuth2(fields: ProfileFields, used: boolean): void {
  const byHand = fields.text('AuthenticationValue') !== undefined
  if (used && !byHand) for (const field of ['ClientId', ...ADDRESSES] as const) fields.needs(field)
  for (const [field, setting] of SETTINGS_OF) {
    const text = fields.text(field)
    if (text === undefined) continue
    if (ADDRESSES.includes(field)) checkAddress(fields, field, text.trim())
    const value: SettingValue = [setting, SECRETS.includes(field) ? text : text.trim()]
    fields.take(field, [value], used ? undefined : UNUSED)
  }
  if (fields.text('HideBrowserResponse') !== undefined)
    fields.take('HideBrowserResponse', [['oauth2.hideBrowserResponse', fields.flag('HideBrowserResponse')]])
  if (!used && !isOAuth2Filled(fields)) return
  const grant = byHand ? 'given' : 'authorization-code'
  const note = byHand
    ? 'the authorization that is filled in is used as it is; it ends when its token ends'
    : 'somebody signs in once, in a browser; the token of a sign-in in the product cannot be taken along'
  fields.draft.take({ entry: 'GetAuthentication' }, [['oauth2.grant', grant]], 'defaulted', note)
}

/** https, or a server on this machine. */
function checkAddress(fields: ProfileFields, field: FieldId, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const loopback = url !== undefined && /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(url.hostname)
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback)) return
  throw fields.refused(field, 'is no https address', 'Write https://...; http is allowed for this machine only.')
}
