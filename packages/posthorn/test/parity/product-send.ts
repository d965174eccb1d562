import { PosthornError } from '@posthorn/ground'
import { checkProfile, type Profile } from '@posthorn/settings'
import { FORMATS, type ImportedProfile, type ReportLine } from '@posthorn/settings/import'
import { SinkServer, type SinkMessage, type SinkOptions, type SinkSessionRecord } from '@posthorn/testkit'
import { Mailer, type MailDraft, type MailReceipt, type ProfileTerms, type TrailEvent } from '../../src/index.js'
import { leadTo } from '../one-send.js'

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

/** What one send came to, by the server, by the trail and by the receipt. */
export interface SentMail {
  readonly receipt: MailReceipt | undefined
  /** Undefined when a recipient was delivered. */
  readonly error: PosthornError | undefined
  readonly session: SinkSessionRecord | undefined
  readonly message: SinkMessage | undefined
  /** The whole content that arrived. */
  readonly text: string
  /** Header fields of it, unfolded, by name. */
  readonly fields: Readonly<Record<string, string>>
  /** The verbs of all commands; AUTH with its mechanism. */
  readonly verbs: string
  /** Those that went in the clear. */
  readonly clear: string
  readonly commands: readonly string[]
  /** Where the profile leads, each once: `host:port`. */
  readonly targets: readonly string[]
  readonly trail: readonly TrailEvent[]
}

export const TO_BEN = { to: 'ben@example.org', subject: 'Row', text: 'Hello, Ben\n' } satisfies MailDraft

/** Sends one letter with a profile to a server that is made for it. Every connection is led there, whatever host and port are named. */
export async function sent(profile: Profile, circumstances: Circumstances = {}): Promise<SentMail> {
  const { draft = TO_BEN, terms = {}, ...offers } = circumstances
  await using sink = await SinkServer.start({ keepContent: true, ...offers })
  const { connector, targets } = leadTo(sink)
  const localName = profile.identity?.localName ?? 'client.example.test'
  const smtp = { connector, localName, ...terms.smtp }
  const mailer = new Mailer(profile, { ...terms, smtp })
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
  return { receipt, error, trail, targets: [...new Set(targets)], ...seenBy(sink) }
}

function seenBy(sink: SinkServer) {
  const [session] = sink.sessions
  const [message] = sink.ledger
  const text = message?.content?.toString() ?? ''
  const commands = session?.commands ?? []
  // of TLS from the first octet nothing is in the clear; content is no command
  const clear = session === undefined || session.clearOctets[0] === 22 ? '' : session.clearOctets.toString('latin1')
  return { session, message, text, commands, fields: fieldsIn(text), verbs: verbsOf(commands), clear: clearVerbs(clear) }
}

/** The header fields of a message, unfolded. */
export function fieldsIn(text: string): Record<string, string> {
  const section = text.slice(0, text.indexOf('\r\n\r\n')).replaceAll(/\r\n(?=[ \t])/g, '')
  return Object.fromEntries(section.split('\r\n').map((line) => line.split(/: ?(.*)/s) as [string, string]))
}

function clearVerbs(text: string): string {
  const lines = text.split('\r\n').filter(Boolean)
  const content = lines.findIndex((line) => /^(?:DATA|BDAT)/.test(line))
  return verbsOf(content < 0 ? lines : lines.slice(0, content + 1))
}

function verbsOf(lines: readonly string[]): string {
  const words = lines.map((line) => line.split(' '))
  return words.map(([verb = '', mechanism = '']) => (verb === 'AUTH' ? `AUTH ${mechanism}` : verb)).join(', ')
}
