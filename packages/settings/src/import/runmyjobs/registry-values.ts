import { malformed, type ProfileDraft } from '../report.js'
import type { SettingValue } from '../../values.js'
import type { MailFolder } from './mail-folder.js'

/**
 * Writes what the entries of the registry say themselves, which wins over properties.
 * @returns the transport whose properties count
 * @throws {SettingsError} `import.format` for a Transport or ConnectionSecurity that nobody knows
 */
export function applyRegistry(folder: MailFolder, draft: ProfileDraft): 'smtp' | 'smtps' {
  applyPort(folder, draft)
  applySecurity(folder, draft)
  applyAttachments(folder, draft)
  applyPartial(folder, draft)
  applyTrust(folder, draft)
  return transportOf(folder, draft)
}

function applyPort({ values }: MailFolder, draft: ProfileDraft): void {
  const port = values.get('Port')
  if (!port) return
  if (/^\d{1,5}$/.test(port.value)) draft.take(port.place, [['relay.port', Number(port.value)]])
  else draft.say(port.place, 'lost', 'is no port')
}

function applySecurity({ values }: MailFolder, draft: ProfileDraft): void {
  const security = values.get('ConnectionSecurity')
  if (!security) return
  const said = security.value.toLowerCase()
  if (said === 'starttls') draft.take(security.place, [['security', 'starttls']])
  else if (said === 'tls') draft.take(security.place, [['security', 'implicit']])
  else if (said === 'none') draft.say(security.place, 'taken', 'as the JavaMail properties say')
  else
    throw malformed(
      security.place.entry,
      'is not known',
      'It is none (as the JavaMail properties say), starttls or tls.',
    )
}

function applyAttachments({ values }: MailFolder, draft: ProfileDraft): void {
  const base = values.get('AccessiblePath')
  const below: SettingValue[] = [
    ['attachments.files', 'below'],
    ['attachments.basePath', base?.value],
  ]
  if (base) draft.take(base.place, below)
  else {
    const entry = '/configuration/mail/AccessiblePath'
    draft.take(
      { entry },
      [['attachments.files', 'none']],
      'defaulted',
      'without it no file of the server may be attached',
    )
  }
  const error = values.get('AttachmentError')
  const said = error?.value.toLowerCase()
  if (error && (said === 'fail' || said === 'skip' || said === 'note')) {
    draft.take(error.place, [['attachments.onMissing', said]])
    return
  }
  if (error) draft.say(error.place, 'lost', 'is not known; it is fail, skip or note')
  const entry = '/configuration/mail/AttachmentError'
  draft.take({ entry }, [['attachments.onMissing', 'fail']], 'defaulted', 'a message with a missing file is not sent')
}

function applyPartial({ values }: MailFolder, draft: ProfileDraft): void {
  const partial = values.get('SendPartial')
  if (!partial) return
  const said = partial.value.toLowerCase()
  const known = ['true', '1', 'false', '0'].includes(said)
  const value = said === 'true' || said === '1' ? 'continue' : 'stop'
  const kinds = ['to', 'cc', 'bcc'].map((kind): SettingValue => [`delivery.onRefused.${kind}`, value])
  if (known) draft.take(partial.place, kinds)
  else draft.take(partial.place, kinds, 'changed', 'is neither true nor false, and taken for false')
}

function applyTrust({ trust }: MailFolder, draft: ProfileDraft): void {
  if (trust?.value === 'DontVerify') {
    draft.take(trust.place, [['tls.rejectUnauthorized', false]], 'taken', 'every certificate is accepted')
  } else if (trust?.value === 'Verify') draft.take(trust.place, [['tls.rejectUnauthorized', true]])
  else if (trust)
    draft.take(
      trust.place,
      [['tls.rejectUnauthorized', true]],
      'changed',
      'is neither Verify nor DontVerify, and taken for Verify',
    )
}

function transportOf({ values }: MailFolder, draft: ProfileDraft): 'smtp' | 'smtps' {
  const transport = values.get('Transport')
  if (!transport) {
    draft.say({ entry: '/configuration/mail/Transport' }, 'defaulted', 'smtp; the properties mail.smtp.* are read')
    return 'smtp'
  }
  const { value, place } = transport
  if (value !== 'smtp' && value !== 'smtps')
    throw malformed(place.entry, 'is not smtp or smtps', 'Correct it, or leave it out.')
  draft.say(place, 'taken', value === 'smtp' ? 'the properties mail.smtp.* are read' : SMTPS)
  return value
}

const SMTPS =
  'the properties mail.smtps.* are read; with STARTTLS required and port 587 or none this is STARTTLS, else TLS from the first octet'
