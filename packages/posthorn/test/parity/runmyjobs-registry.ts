import { PosthornError } from '@posthorn/ground'
import { checkProfile, type Profile } from '@posthorn/settings'
import { FORMATS, type ReportLine } from '@posthorn/settings/import'
import { SinkServer, type SinkMessage, type SinkOptions, type SinkSessionRecord } from '@posthorn/testkit'
import { Mailer, type MailDraft, type MailReceipt, type SmtpOptions, type TrailEvent } from '../../src/index.js'
import { HOST, leadTo, LETTER } from '../one-send.js'
import { commandsIn, verbsOf } from './verbs.js'

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

/** What one send came to, by the server, by the trail and by the receipt. */
export interface SentBy {
  readonly receipt: MailReceipt | undefined
  /** Undefined when a recipient was delivered. */
  readonly error: PosthornError | undefined
  readonly session: SinkSessionRecord | undefined
  readonly message: SinkMessage | undefined
  /** The content that arrived; empty when none did. */
  readonly text: string
  /** Where the profile leads, each once: `host:port`. */
  readonly targets: readonly string[]
  /** The verbs that went over the wire in the clear, and all of them. */
  readonly clear: string
  readonly verbs: string
  readonly trail: readonly TrailEvent[]
}

/** What is sent, and what the server is like; `smtp` holds what a test must lay over the profile, such as the authority of its certificates. */
export interface Circumstances extends SinkOptions {
  readonly draft?: MailDraft
  readonly smtp?: Partial<SmtpOptions>
}

/**
 * Sends one letter with a profile to a server that is made for it on the loopback. Every connection is led there, whatever host and port the
 * profile names; `targets` tells which these were.
 */
export async function sentBy(profile: Profile, { draft = LETTER, smtp, ...offers }: Circumstances = {}): Promise<SentBy> {
  await using sink = await SinkServer.start({ keepContent: true, ...offers })
  const { connector, targets } = leadTo(sink)
  const base = { connector, localName: 'client.example.test', deadlineMs: 20_000 }
  const mailer = new Mailer(profile, { smtp: { ...base, ...smtp } })
  const trail: TrailEvent[] = []
  mailer.on('trail', (event) => trail.push(event))
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
  const [session] = sink.sessions
  const [message] = sink.ledger
  return {
    ...{ receipt, error, session, message, trail },
    text: message?.content?.toString() ?? '',
    targets: [...new Set(targets)],
    clear: verbsOf(commandsIn(session?.clearOctets.toString('latin1') ?? '')),
    verbs: verbsOf(session?.commands ?? []),
  }
}
