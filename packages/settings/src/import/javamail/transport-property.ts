import { malformed, type ProfileDraft } from '../report.js'
import type { JavaMailEntry } from './javamail-properties.js'
import { fromSpring, isSpring } from './spring-properties.js'

export const PROTOCOL = 'mail.transport.protocol'
/** What counts for mail addresses, and wins. */
const FOR_MAIL = `${PROTOCOL}.rfc822`

/**
 * Which transport the properties speak of, with a line in the report for each entry that says so.
 * @throws {SettingsError} `import.format` for one that is not SMTP
 */
export function transportOf(all: readonly JavaMailEntry[], draft: ProfileDraft): 'smtp' | 'smtps' {
  const said = all.flatMap((entry) => {
    const mail = isSpring(entry.name) ? fromSpring(entry, 'smtp') : entry
    return mail && isProtocol(mail.name) && mail.value.trim() !== '' ? [mail] : []
  })
  const counts = said.findLast(({ name }) => name === FOR_MAIL) ?? said.at(-1)
  if (!counts) return guessed(all, draft)
  const transport = counts.value.trim().toLowerCase()
  if (transport !== 'smtp' && transport !== 'smtps') {
    throw malformed(counts.place.entry, 'is not smtp or smtps', 'Only mail that goes out by SMTP can be taken over.')
  }
  for (const each of said) {
    if (each === counts) draft.say(each.place, 'taken', `mail.${transport}.* is read`)
    else draft.say(each.place, 'ignored', 'is said again, and that counts')
  }
  return transport
}

export const isProtocol = (name: string) => name === PROTOCOL || name === FOR_MAIL

/** Who writes mail.smtps.* alone asks for that transport in code. */
function guessed(all: readonly JavaMailEntry[], draft: ProfileDraft): 'smtp' | 'smtps' {
  const has = (prefix: string) => all.some(({ name }) => name.startsWith(prefix))
  if (!has('mail.smtps.') || has('mail.smtp.')) return 'smtp'
  draft.say({ entry: PROTOCOL }, 'changed', 'taken for smtps: all properties are those of mail.smtps')
  return 'smtps'
}
