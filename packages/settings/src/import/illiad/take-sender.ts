import type { ProfileDraft } from '../report.js'
import { placeOf, type SiteSource } from './entries.js'
import { unreadable } from './written-value.js'

/** Who sends, and who gets what is addressed to nobody. @throws {SettingsError} `import.format` */
export function takeSender(draft: ProfileDraft, { keys }: SiteSource): void {
  const from = keys.get('EMailFromAddress')!
  if (!draft.take(placeOf(from), [['sender.from', from.value.trim()]])) {
    throw unreadable(from, 'is no mailbox, such as ill@example.edu')
  }
  const name = keys.get('EMailFromName')
  if (name) draft.take(placeOf(name), [['sender.name', name.value]])
  const standIn = keys.get('EMailNoAccountAddress')
  if (standIn) draft.take(placeOf(standIn), [['sender.defaultRecipient', standIn.value.trim()]])
}
