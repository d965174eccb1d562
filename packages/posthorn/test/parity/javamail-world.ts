import { setImmediate } from 'node:timers/promises'
import type { Profile } from '@posthorn/settings'
import { FORMATS, type ReportLine } from '@posthorn/settings/import'
import { SinkServer, type SinkMessage, type SinkOptions, type SinkSessionRecord } from '@posthorn/testkit'
import {
  isSendFailure,
  Mailer,
  type Draft,
  type MailReceipt,
  type MailSendOptions,
  type PosthornError,
  type ProfileTerms,
  type SmtpOptions,
  type TrailEvent,
} from '../../src/index.js'

export const HOST = 'mail.smtp.host=relay.example.test'
export const PASSWORD = 'Wonder-7land'
export const LOGIN = ['mail.smtp.user=app', `mail.smtp.password=${PASSWORD}`]
export const LETTER = { from: 'a@example.test', to: 'b@example.test', subject: 'Row', text: 'Hello\n' } satisfies Draft

/** What the importer makes of lines of a properties file; the report by entry. */
export function imported(...lines: readonly string[]): {
  readonly profile: Profile
  readonly of: (entry: string) => readonly ReportLine[]
} {
  return importedBy('javamail', lines)
}

/** The same for the configuration of another product. */
export function importedBy(format: string, lines: readonly string[]) {
  const { profiles, report } = FORMATS.find(({ name }) => name === format)!.import({ text: lines.join('\n') })
  return {
    profile: profiles[0]!.profile,
    of: (entry: string) => report.filter((line) => line.entry === entry),
  }
}

/** What the properties do not say: names lead to this machine, and whom the tests trust. */
export function termsFor(smtp: Partial<SmtpOptions> = {}): ProfileTerms {
  const resolve: SmtpOptions['resolve'] = async () => [{ address: '127.0.0.1', family: 4 }]
  return { smtp: { resolve, deadlineMs: 10_000, ...smtp } }
}

/** What one send came to. */
export interface Sent {
  readonly receipt: MailReceipt | undefined
  readonly error: PosthornError | undefined
  readonly trail: readonly TrailEvent[]
}

export interface Sending extends MailSendOptions {
  readonly draft?: Draft
  /** What this machine says in place of the properties. */
  readonly smtp?: Partial<SmtpOptions>
}

/** Sends a letter as a program with these properties would, and closes the mailer. */
export async function send(lines: readonly string[], sending: Sending = {}): Promise<Sent> {
  const { profile } = imported(HOST, ...lines)
  return sendBy(profile, sending)
}

export async function sendBy(profile: Profile, { draft = LETTER, smtp, ...options }: Sending = {}): Promise<Sent> {
  const trail: TrailEvent[] = []
  const mailer = new Mailer(profile, termsFor(smtp)).on('trail', (event) => trail.push(event))
  try {
    return { receipt: await mailer.send(draft, options), error: undefined, trail }
  } catch (error) {
    if (!isSendFailure(error)) throw error
    return { receipt: error.receipt, error, trail }
  } finally {
    await mailer.close()
  }
}

/** A send to a server that is made for it. */
export interface SentToSink extends Sent {
  readonly sessions: readonly SinkSessionRecord[]
  /** Of all sessions. */
  readonly commands: readonly string[]
  readonly message: SinkMessage | undefined
  readonly content: string
}

export async function sendToSink(
  lines: readonly string[],
  offers: SinkOptions = {},
  sending: Sending = {},
): Promise<SentToSink> {
  await using sink = await SinkServer.start({ keepContent: true, ...offers })
  const sent = await send([...lines, `mail.smtp.port=${sink.port}`], sending)
  await sink.idle()
  const { sessions, ledger } = sink
  const commands = sessions.flatMap((session) => session.commands)
  return { ...sent, sessions, commands, message: ledger[0], content: ledger[0]?.content?.toString() ?? '' }
}

/** The first word of each command, AUTH with its mechanism. */
export function verbs(commands: readonly string[]): string {
  return commands.map((line) => /^AUTH \S+|^\S+/.exec(line)?.[0]).join(', ')
}

/** The command with this verb. */
export function line(commands: readonly string[], verb: string): string | undefined {
  return commands.find((each) => each.startsWith(verb))
}

/** Waits, without a clock, until a condition of this process holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}
