import { once } from 'node:events'
import { connect } from 'node:net'
import { certificates, SinkServer, type SinkMessage, type SinkOptions, type SinkSessionRecord } from '@posthorn/testkit'
import {
  isSendFailure,
  Mailer,
  type MailerOptions,
  type MailReceipt,
  type MailSendOptions,
  type PosthornError,
  type SmtpOptions,
  type TrailEvent,
} from '../src/index.js'
import { beganTls, verbsInClear, verbsOf } from './verbs.js'

export const LETTER = {
  from: 'a@example.test',
  to: 'b@example.test',
  subject: 'Row',
  text: 'only for your eyes\n',
}

/** A host the good certificate of the tests is for. Nobody resolves it: see `leadTo`. */
export const HOST = 'relay.example.test'

/** What one send came to, by the server, by the trail and by the receipt. */
export interface OneSend {
  readonly receipt: MailReceipt | undefined
  /** Undefined when a recipient was delivered. */
  readonly error: PosthornError | undefined
  /** The only one: a second one fails the test. */
  readonly session: SinkSessionRecord
  readonly message: SinkMessage | undefined
  /** Commands sent in the clear, by their verbs; empty when the first octet was one of TLS. */
  readonly clear: string
  /** All commands, by their verbs; AUTH with its mechanism. Empty for TLS to a server that knows none. */
  readonly verbs: string
  /** Where the client wanted to go, each once. */
  readonly targets: readonly string[]
  readonly trail: readonly TrailEvent[]
}

/** Leads every connection to a server in this process, whatever host and port it is for, and keeps what it was for. */
export function leadTo(server: { readonly port: number }): {
  readonly connector: NonNullable<SmtpOptions['connector']>
  readonly targets: string[]
} {
  const targets: string[] = []
  return {
    targets,
    connector: async ({ host, port }, { signal }) => {
      targets.push(`${host}:${port}`)
      const socket = connect({ host: '127.0.0.1', port: server.port, signal })
      await once(socket, 'connect', { signal })
      return socket
    },
  }
}

/** Sends one letter with these settings to a server that is made for it, as whoever keeps a `Mailer` would. */
export async function oneSend(
  smtp: Partial<SmtpOptions> | ((options: SmtpOptions) => SmtpOptions | Promise<SmtpOptions>),
  offers: Omit<SinkOptions, 'tls'> & { readonly tls?: boolean } = {},
  sending: MailSendOptions & { readonly to?: string | readonly string[] } = {},
): Promise<OneSend> {
  const tls = await certificates()
  const { tls: withTls = false, ...others } = offers
  await using sink = await SinkServer.start({ keepContent: true, ...(withTls ? { tls } : {}), ...others })
  const { connector, targets } = leadTo(sink)
  const base: SmtpOptions = {
    host: HOST,
    connector,
    localName: 'client.example.test',
    tls: { ca: tls.ca },
    deadlineMs: 10_000,
  }
  const options = typeof smtp === 'function' ? await smtp(base) : { ...base, ...smtp }
  const { to, ...terms } = sending
  const trail: TrailEvent[] = []
  const mailer = new Mailer({ smtp: options } satisfies MailerOptions).on('trail', (event) => trail.push(event))
  let receipt: MailReceipt | undefined
  let error: PosthornError | undefined
  try {
    receipt = await mailer.send(to === undefined ? LETTER : { ...LETTER, to: [to].flat() }, terms)
  } catch (reason) {
    if (!isSendFailure(reason)) throw reason
    error = reason
    receipt = reason.receipt
  } finally {
    await mailer.close()
  }
  await sink.idle()
  const [session, ...more] = sink.sessions
  // a greeting that takes its time makes the client ask on another connection whether the port speaks TLS; that one has no commands
  if (session === undefined || more.some((each) => each.commandCount > 0 && !beganTls(each)))
    throw new Error(`there were ${sink.sessions.length} connections to the server`)
  return {
    ...{ receipt, error, session, trail },
    targets: [...new Set(targets)],
    message: sink.ledger[0],
    clear: verbsInClear(session),
    verbs: beganTls(session) ? '' : verbsOf(session.commands),
  }
}

/** All that a password or a token can look like on its way out of a program. */
export function shapesOf(secret: string): string[] {
  const octets = Buffer.from(secret)
  return [secret, octets.toString('base64'), octets.toString('hex'), encodeURIComponent(secret)]
}
