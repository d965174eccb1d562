import { checkProfile, type Profile } from '@posthorn/settings'
import { FORMATS, type ImportedProfile, type ReportLine } from '@posthorn/settings/import'
import type { SinkOptions } from '@posthorn/testkit'
import type { MailDraft, ProfileTerms } from '../../src/index.js'
import { sendLed, type SentMail } from './sent-mail.js'

/** What the configuration of a product comes to. */
export interface FromProduct {
  /** The first of the profiles, or the one that is in use there. */
  readonly profile: Profile
  readonly profiles: readonly ImportedProfile[]
  readonly report: readonly ReportLine[]
  /** What is said about an entry. */
  readonly about: (entry: string) => readonly ReportLine[]
}

/** Imports a text as its administrator has it, without a word about which product it is of. */
export function fromProduct(name: string, text: string): FromProduct {
  const format = FORMATS.find(({ recognises }) => recognises({ text }))
  if (format?.name !== name) throw new Error(`the text was taken for ${format?.name}`)
  const { profiles, report } = format.import({ text })
  for (const { profile } of profiles) checkProfile(profile)
  return { profile: profiles[0]!.profile, profiles, report, about: (entry) => report.filter((l) => l.entry === entry) }
}

/** What is sent, on which terms, and what the server is like. */
export interface Circumstances extends SinkOptions {
  readonly draft?: MailDraft
  /** Terms for the profile, such as the authority of a certificate; they are laid over `leadTo`. */
  readonly terms?: ProfileTerms
}

export const TO_BEN = { to: 'ben@example.org', subject: 'Row', text: 'Hello, Ben\n' } satisfies MailDraft

/** Sends one letter with a profile to a server that is made for it: see `sendLed`. */
export function sent(profile: Profile, circumstances: Circumstances = {}): Promise<SentMail> {
  const { draft = TO_BEN, terms = {}, ...offers } = circumstances
  const localName = profile.identity?.localName ?? 'client.example.test'
  return sendLed(profile, draft, offers, { ...terms, smtp: { localName, ...terms.smtp } })
}
