import { PosthornError } from '@posthorn/ground'
import type { Profile } from '@posthorn/settings'
import { SinkServer, type SinkMessage, type SinkOptions, type SinkSessionRecord } from '@posthorn/testkit'
import {
  Mailer,
  type MailDraft,
  type MailReceipt,
  type ProfileTerms,
  type ProfileWarning,
  type TrailEvent,
} from '../../src/index.js'
import { leadTo } from '../one-send.js'
import { verbsInClear, verbsOf } from '../verbs.js'

/** What one send came to, by the server, by the trail and by the receipt. */
export interface SentMail {
  readonly receipt: MailReceipt | undefined
  /** Undefined when a recipient was delivered. */
  readonly error: PosthornError | undefined
  readonly warnings: readonly ProfileWarning[]
  readonly trail: readonly TrailEvent[]
  readonly sessions: readonly SinkSessionRecord[]
  readonly session: SinkSessionRecord | undefined
  readonly commands: readonly string[]
  /** The verbs of all commands, and of those that went in the clear; AUTH with its mechanism. */
  readonly verbs: string
  readonly clear: string
  readonly message: SinkMessage | undefined
  /** The whole content that arrived; empty when none did. */
  readonly text: string
  /** Its header section, unfolded, and the fields in it by name. */
  readonly header: string
  readonly fields: Readonly<Record<string, string>>
  /** Where the profile leads, each once: `host:port`. Empty unless every connection was led to the server. */
  readonly targets: readonly string[]
}

/**
 * Sends one letter with a profile to a server that is made for it on the loopback. Every connection is led there, whatever host and port the
 * profile names; `targets` tells which these were.
 * @param terms what a test lays over the profile, such as the authority of its certificates
 */
export async function sendLed(
  profile: Profile,
  draft: MailDraft,
  offers: SinkOptions,
  terms: ProfileTerms = {},
): Promise<SentMail> {
  await using sink = await SinkServer.start({ keepContent: true, ...offers })
  const { connector, targets } = leadTo(sink)
  const sent = await sendTo(sink, profile, draft, { ...terms, smtp: { connector, ...terms.smtp } })
  return { ...sent, targets: [...new Set(targets)] }
}

/** The same to a server that is there already, on the road that `terms` say. */
export async function sendTo(
  sink: SinkServer,
  profile: Profile,
  draft: MailDraft,
  terms: ProfileTerms = {},
): Promise<SentMail> {
  const mailer = new Mailer(profile, terms)
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
  return { receipt, error, warnings: mailer.warnings, trail, targets: [], ...seenBy(sink) }
}

function seenBy({ sessions, ledger }: SinkServer) {
  const [session, message] = [sessions[0], ledger[0]]
  const commands = session?.commands ?? []
  const text = message?.content?.toString() ?? ''
  const header = text.slice(0, Math.max(0, text.indexOf('\r\n\r\n'))).replaceAll(/\r\n(?=[ \t])/g, '')
  const lines = header.split('\r\n').filter((line) => line !== '')
  const fields = Object.fromEntries(lines.map((line) => line.split(/: ?(.*)/s) as [string, string]))
  const clear = session === undefined ? '' : verbsInClear(session)
  return { sessions, session, commands, verbs: verbsOf(commands), clear, message, text, header, fields }
}
