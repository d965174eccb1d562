import { SettingsError } from '@posthorn/ground'
import type { Profile } from '@posthorn/settings'
import type { SmtpOptions } from '@posthorn/smtp'
import type { MailClient } from './way.js'

export function directClientOf(_profile: Profile, _smtp: Partial<SmtpOptions>): Promise<MailClient> {
  return Promise.reject(
    new SettingsError('settings.transport', 'transport', 'direct is not there yet', { hint: 'Use smtp or lmtp.' }),
  )
}
