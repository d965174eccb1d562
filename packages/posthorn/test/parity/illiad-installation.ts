import { checkProfile, layered, type Profile } from '@posthorn/settings'
import { FORMATS, type ImportedProfile, type ImportFormat, type ReportLine } from '@posthorn/settings/import'
import type { SinkOptions } from '@posthorn/testkit'
import type { MailDraft, SmtpOptions } from '../../src/index.js'
import { HOST } from '../one-send.js'
import { sendLed, type SentMail } from './sent-mail.js'

/** System mail of ILLiad: who sends it is in the keys. */
export const LETTER = { to: 'patron@example.test', subject: 'Your loan', text: 'It is due.\n' } satisfies MailDraft

export const illiad: ImportFormat = FORMATS.find(({ name }) => name === 'illiad')!

type Keys = Readonly<Record<string, string>>

const SERVER_AND_SENDER: Keys = { EMailSMTPServer: HOST, EMailFromAddress: 'ill@example.edu' }

/** The rows of an export of the customization table, with the columns of the document. */
export function rows(keys: Keys, site = 'ILL'): string {
  return Object.entries(keys)
    .map(([key, value]) => `${key},"${value.replaceAll('"', '""')}",${site},,System,EMail,StringValue\n`)
    .join('')
}

/** An export with server and sender, these keys, and rows of sites. */
export function table(keys: Keys = {}, ofSites = ''): string {
  const columns = 'CustKey,Value,NVTGC,Description,AdminCat,AdminKey,Admin Type\n'
  return columns + rows({ ...SERVER_AND_SENDER, ...keys }) + ofSites
}

/** A file such as `SMTP.config`. */
export function config(elements: string): string {
  const namespaces =
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
  return `<?xml version="1.0"?>\n<MailSettings ${namespaces}>\n${elements}\n</MailSettings>\n`
}

/** What the keys and files of an installation come to. */
export interface Installation {
  readonly profile: Profile
  readonly whole: ImportedProfile
  readonly report: readonly ReportLine[]
  /** What is said about one key or element. */
  readonly about: (entry: string) => readonly ReportLine[]
  /** How the mail of one site goes out. */
  readonly site: (code: string) => Profile
}

/** Imports an export of the keys with the files beside it; text alone is that of `SMTP.config`. */
export function imported(keys: string, files: string | Readonly<Record<string, string>> = {}): Installation {
  const { profiles, report } = illiad.import({
    text: keys,
    name: 'keys.csv',
    files: typeof files === 'string' ? { 'SMTP.config': files } : files,
  })
  const [whole] = profiles as [ImportedProfile]
  return {
    whole,
    profile: checkProfile(whole.profile),
    report,
    about: (entry) => report.filter((line) => line.entry === entry),
    site: (code) =>
      layered([
        { origin: 'file', place: 'illiad', values: whole.profile },
        { origin: 'site', place: code, values: whole.sites![code]! },
      ]).profile,
  }
}

/** What is sent, and what the server is like. */
export interface Circumstances extends SinkOptions {
  readonly draft?: MailDraft
  /** What a test lays over the profile: the authority of its certificates, the name in them. */
  readonly smtp?: Partial<SmtpOptions>
  readonly directory?: string
}

/** Sends one letter of ILLiad to a server that is made for it: see `sendLed`. */
export function sentBy(profile: Profile, circumstances: Circumstances = {}): Promise<SentMail> {
  const { draft = LETTER, smtp, directory, ...offers } = circumstances
  return sendLed(profile, draft, offers, { ...(smtp && { smtp }), directory })
}
