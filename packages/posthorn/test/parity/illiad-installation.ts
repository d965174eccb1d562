import { checkProfile, layered, type Profile } from '@posthorn/settings'
import { FORMATS, type ImportedProfile, type ImportFormat, type ReportLine } from '@posthorn/settings/import'
import { SinkServer, type SinkMessage, type SinkOptions, type SinkSessionRecord } from '@posthorn/testkit'
import {
  Mailer,
  PosthornError,
  type MailDraft,
  type MailReceipt,
  type ProfileTerms,
  type ProfileWarning,
  type SmtpOptions,
} from '../../src/index.js'
import { HOST, leadTo } from '../one-send.js'
import { commandsIn, verbsOf } from './verbs.js'

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

/** What one send came to. */
export interface SentBy {
  readonly receipt: MailReceipt | undefined
  /** Undefined when a recipient was delivered. */
  readonly error: PosthornError | undefined
  readonly warnings: readonly ProfileWarning[]
  readonly sessions: readonly SinkSessionRecord[]
  readonly session: SinkSessionRecord | undefined
  readonly message: SinkMessage | undefined
  /** The content that arrived, and its header section; empty when none did. */
  readonly text: string
  readonly header: string
  /** Where the connections were for, each once: `host:port`. Empty when `road` is a name server. */
  readonly targets: readonly string[]
  /** The verbs that went in the clear, and all of them. */
  readonly clear: string
  readonly verbs: string
}

/** What is sent, and what the server is like. */
export interface Circumstances extends SinkOptions {
  readonly draft?: MailDraft
  /** What a test lays over the profile: the authority of its certificates, the name in them. */
  readonly smtp?: Partial<SmtpOptions>
  readonly directory?: string
}

/**
 * Sends one letter to a server that is made for it on the loopback. Every connection is led there, whatever host and port the profile names;
 * `targets` tells which these were.
 */
export async function sentBy(profile: Profile, circumstances: Circumstances = {}): Promise<SentBy> {
  const { draft, smtp, directory, ...offers } = circumstances
  await using sink = await SinkServer.start({ keepContent: true, ...offers })
  const { connector, targets } = leadTo(sink)
  const sent = await sendTo(sink, profile, draft, { smtp: { connector, ...smtp }, directory })
  return { ...sent, targets: [...new Set(targets)] }
}

/** The same to a server that is there already, on the road that `terms` say. */
export async function sendTo(
  sink: SinkServer,
  profile: Profile,
  draft: MailDraft = LETTER,
  terms: ProfileTerms = {},
): Promise<SentBy> {
  const mailer = new Mailer(profile, terms)
  let receipt: MailReceipt | undefined
  let error: PosthornError | undefined
  try {
    receipt = await mailer.send(draft)
  } catch (reason) {
    if (!(reason instanceof PosthornError)) throw reason
    error = reason
  } finally {
    await mailer.close()
  }
  await sink.idle()
  const { sessions, ledger } = sink
  const [session, message] = [sessions[0], ledger[0]]
  const text = message?.content?.toString() ?? ''
  return {
    ...{ receipt, error, sessions, session, message, text, targets: [] },
    warnings: mailer.warnings,
    header: text.slice(0, Math.max(0, text.indexOf('\r\n\r\n'))).replaceAll('\r\n ', ' '),
    clear: verbsOf(commandsIn(session?.clearOctets.toString('latin1') ?? '')),
    verbs: verbsOf(session?.commands ?? []),
  }
}
