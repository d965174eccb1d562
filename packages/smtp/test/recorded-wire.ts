import { domainToASCII } from 'node:url'
import { expect } from 'vitest'
import { SinkServer } from '@posthorn/testkit'
import {
  isSendFailure,
  SettingsError,
  SmtpClient,
  type Envelope,
  type Receipt,
  type SmtpOptions,
} from '../src/index.js'
import { readPath } from './wire-oracle.js'

const EVERYTHING = [
  'PIPELINING',
  'CHUNKING',
  '8BITMIME',
  'SMTPUTF8',
  'SIZE',
  'DSN',
  'DELIVERBY',
  'FUTURERELEASE',
  'MT-PRIORITY',
  'ENHANCEDSTATUSCODES',
  'X-OWN',
  'AUTH PLAIN',
]
/** One small message. */
export const CONTENT = 'Subject: x\r\n\r\nhello\r\n'

/** What has made trouble somewhere: line ends of every kind, what truncates to them, what ends a path, what a decoder turns into them. */
export const HOSTILE = [
  '\r',
  '\n',
  '\r\n',
  '\n\r',
  '\r\nRCPT TO:<x@evil.test>',
  '\nRCPT TO:<x@evil.test>',
  '\rRSET',
  '\r\n.\r\n',
  '\0',
  '\x0b',
  '\x0c',
  '\x1b[2J',
  '\x7f',
  '\t',
  ' ',
  '\b',
  '\u0085',
  '\u00a0',
  '\u2028',
  '\u2029',
  '\u010a',
  '\u010d',
  '\u760a',
  '\u760d',
  '\u{1f40a}',
  '\u{1000d}',
  '\ud800',
  '\udc0a',
  '\ufeff',
  '\u200b',
  '\u202e',
  '\uff20',
  '\uff1e',
  '\uff0c',
  '>',
  '> NOTIFY=NEVER',
  '> SIZE=1\r\nDATA',
  '<',
  '"',
  '\\',
  '@',
  '@evil.test',
  ',',
  ';',
  ':',
  '(x)',
  '=?utf-8?q?=0D=0A?=',
  '%0d%0a',
  '+0D+0A',
  '\\x{D}',
  'x@evil.test> ORCPT=rfc822;y',
  '=',
  '+',
  '..',
]

/** A client and a server that takes everything, for tests that look at what was written. */
export class RecordedWire {
  readonly server: SinkServer
  readonly client: SmtpClient
  readonly #seen = new Map<object, number>()

  static async open(options: Partial<SmtpOptions> = {}): Promise<RecordedWire> {
    return new RecordedWire(await SinkServer.start({ extensions: EVERYTHING, keepContent: true }), options)
  }

  private constructor(server: SinkServer, options: Partial<SmtpOptions>) {
    this.server = server
    this.client = new SmtpClient({
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      localName: 'client.example.test',
      deadlineMs: 5_000,
      pool: { maxConnections: 1, maxMessagesPerConnection: 500 },
      ...options,
    })
  }

  /** Sends, and gives the error if there was one, and the commands that the server read meanwhile. */
  async send(
    envelope: Partial<Envelope>,
  ): Promise<{ error: unknown; receipt: Receipt | undefined; commands: string[] }> {
    const whole = { reversePath: 'a@example.test', recipients: ['b@example.test'], ...envelope }
    let error: unknown
    const receipt = await this.client.send({ envelope: whole, content: CONTENT }).catch((thrown: unknown) => {
      error = thrown
      return isSendFailure(thrown) ? thrown.receipt : undefined
    })
    return { error, receipt, commands: this.news() }
  }

  /** Commands since the last time. */
  news(): string[] {
    return this.server.sessions.flatMap((session) => {
      const seen = this.#seen.get(session) ?? 0
      this.#seen.set(session, session.commands.length)
      return session.commands.slice(seen)
    })
  }

  async close(): Promise<void> {
    await this.client.close()
    await this.server.close()
  }
}

/** Each command is one of those a transaction has, and the paths read back as what was meant. */
export function transactionOf(commands: readonly string[]): {
  mail: ReturnType<typeof readPath> | undefined
  rcpts: ReturnType<typeof readPath>[]
} {
  for (const command of commands)
    expect(command).toMatch(/^(?:EHLO client\.example\.test$|MAIL FROM:<|RCPT TO:<|BDAT 21 LAST$|RSET$|QUIT$)/)
  const paths = commands.filter((command) => /^(?:MAIL|RCPT)/.test(command)).map(readPath)
  return { mail: paths.find(({ verb }) => verb === 'MAIL'), rcpts: paths.filter(({ verb }) => verb === 'RCPT') }
}

/** Sends the envelope; either it is refused as a setting and nothing of it goes out, or it goes out and `same` finds in it what was meant. */
export async function refusedOrSame(
  wire: RecordedWire,
  envelope: Partial<Envelope>,
  same: (sent: { mail: ReturnType<typeof readPath>; rcpts: ReturnType<typeof readPath>[] }) => void,
): Promise<void> {
  const { error, commands } = await wire.send(envelope)
  if (error instanceof SettingsError) {
    expect(commands.filter((command) => !/^(?:EHLO|QUIT|RSET)/.test(command))).toEqual([])
    return
  }
  const { mail, rcpts } = transactionOf(commands)
  expect(rcpts).toHaveLength(envelope.recipients?.length ?? 1)
  same({ mail: mail!, rcpts })
}

/** A mailbox as one means it: quotes taken off, the domain as A-labels. */
export function meant(address: string): { local: string; domain: string } {
  const at = address.lastIndexOf('@')
  const text = address.slice(0, at)
  return {
    local: text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/gsu, '$1') : text,
    domain: domainToASCII(address.slice(at + 1)) || address.slice(at + 1),
  }
}
