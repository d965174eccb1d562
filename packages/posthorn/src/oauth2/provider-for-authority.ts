import { google } from './google.js'
import { microsoft } from './microsoft.js'
import type { MailUse, Provider } from './provider.js'

/**
 * The provider an "authority" setting means: one with `google` in it, in any case, is Google, whatever else it says and without a
 * tenant; any other is the base address of Microsoft's endpoints.
 * @throws {SettingsError} `oauth2.settings`, field `tenant`, when Microsoft's is missing
 * @source Genesys, tenant-authority, directory-id
 */
export function providerForAuthority(
  authority: string | undefined,
  { tenant, use }: { readonly tenant?: string | undefined; readonly use?: MailUse | undefined } = {},
): Provider {
  if (authority !== undefined && /google/i.test(authority)) return google()
  return microsoft({ tenant: tenant ?? '', authority, use })
}
