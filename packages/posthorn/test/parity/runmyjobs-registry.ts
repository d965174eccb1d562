import { checkProfile, type Profile } from '@posthorn/settings'
import { FORMATS, type ReportLine } from '@posthorn/settings/import'
import type { SinkOptions } from '@posthorn/testkit'
import type { MailDraft, SmtpOptions } from '../../src/index.js'
import { HOST, LETTER } from '../one-send.js'
import { sendLed, type SentMail } from './sent-mail.js'

/** What an export of the registry comes to. */
export interface Imported {
  /** Checked, unless its server is not known yet. */
  readonly profile: Profile
  readonly report: readonly ReportLine[]
  /** The address whose domain decides the server. */
  readonly discover: string | undefined
  /** What is said about the entries with this name, below `/configuration/mail/` or not. */
  readonly about: (entry: string) => readonly ReportLine[]
}

/** Imports an export of the registry as its administrator has it, with the files beside it. */
export function imported(text: string, files: Readonly<Record<string, string>> = {}): Imported {
  const format = FORMATS.find(({ recognises }) => recognises({ text }))
  if (format?.name !== 'runmyjobs') throw new Error(`the text was taken for ${format?.name}`)
  const { profiles, report } = format.import({ text, files })
  const [{ profile, discover }] = profiles as [(typeof profiles)[number]]
  return {
    profile: discover === undefined ? checkProfile(profile) : profile,
    report,
    discover,
    about: (entry) => report.filter((line) => [entry, `/configuration/mail/${entry}`].includes(line.entry)),
  }
}

/** Entries below `/configuration/mail/` for the server of the tests. */
export const registry = (...entries: readonly string[]): string =>
  [`Server = ${HOST}`, ...entries].map((entry) => `/configuration/mail/${entry}`).join('\n')

/** A credential as it stands in an export; by default the one for the server of the tests. */
export function credential(changed: Readonly<Record<string, string>> = {}): string {
  const fields = { Protocol: 'smtp', 'Virtual User': 'default', Endpoint: HOST, 'Real User': 'jobs', Password: 'x' }
  const lines = Object.entries({ ...fields, ...changed }).map(([name, value]) => `${name} = ${value}`)
  return ['', '[Credential]', ...lines, ''].join('\n')
}

/** A certificate of the type X509_TrustedCertificate. */
export const trusted = (pem: string): string =>
  `\n[Credential]\nProtocol = X509_TrustedCertificate\nCertificate = ${pem.trim()}\n`

/** What is sent, and what the server is like; `smtp` holds what a test must lay over the profile, such as the authority of its certificates. */
export interface Circumstances extends SinkOptions {
  readonly draft?: MailDraft
  readonly smtp?: Partial<SmtpOptions>
}

/** Sends one letter with a profile to a server that is made for it: see `sendLed`. */
export function sentBy(profile: Profile, circumstances: Circumstances = {}): Promise<SentMail> {
  const { draft = LETTER, smtp, ...offers } = circumstances
  return sendLed(profile, draft, offers, { smtp: { localName: 'client.example.test', deadlineMs: 20_000, ...smtp } })
}
