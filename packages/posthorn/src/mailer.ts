import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import type { ComposeOptions, Draft } from '@posthorn/mime'
import {
  SmtpClient,
  type Envelope,
  type Recipient,
  type SendOptions,
  type Submission,
  type TrailEvent,
} from '@posthorn/smtp'
import { composeInTime } from './composing.js'
import { isSendFailure, together, type MailReceipt } from './mail-receipt.js'
import { profileFromJson, type Profile } from './profile.js'
import { recodableSource } from './recodable-source.js'
import { profileFromUrl } from './server-url.js'

/**
 * A message that is ready to be sent, such as `compose` and `rawMessage` make. Octets, strings and files are re-encoded for a server
 * without 8BITMIME; a function or a stream goes as it is (`rawMessage` makes a message of it that can be re-encoded).
 */
export interface ReadyMessage extends Submission {
  readonly messageId?: string
  /** Messages that go with it (see `Message.blindCopies`). */
  readonly blindCopies?: readonly ReadyMessage[]
}

/** The terms of the envelope for one send: what a draft does not say (RFC 3461 and others). */
export interface EnvelopeTerms extends Omit<Envelope, 'reversePath' | 'recipients'> {
  /** In place of the sender's mailbox; '' for the null reverse-path. */
  readonly reversePath?: string
  /** NOTIFY= for each recipient that has none of its own. */
  readonly notify?: NonNullable<Recipient['notify']>
}

export interface MailSendOptions extends SendOptions {
  readonly envelope?: EnvelopeTerms
  /** How the draft is composed, besides what the profile says; a message that is ready stays as it is. */
  readonly compose?: ComposeOptions
}

/** What a client has when nothing is said. */
const DEADLINE_MS = 300_000

/**
 * The way out for an application's mail. Make one and keep it: it holds the connections. Safe to use from anywhere at once.
 * ```ts
 * await using mailer = new Mailer('smtps://user:password@relay.example')
 * const receipt = await mailer.send({ from: 'a@example.com', to: 'b@example.org', subject: 'Hello', text: 'Hello!' })
 * ```
 */
export class Mailer {
  readonly #client: SmtpClient
  readonly #compose: ComposeOptions | undefined
  readonly #deadlineMs: number

  /**
   * @param way a URL (see `profileFromUrl`) or a profile
   * @throws {SettingsError} naming the setting that is wrong; never with a secret in it
   */
  constructor(way: string | URL | Profile) {
    const profile = typeof way === 'string' || way instanceof URL ? profileFromUrl(way) : way
    if (typeof profile !== 'object' || profile === null || !('smtp' in profile)) {
      throw new SettingsError('settings.profile', 'profile', 'must be a URL or { smtp: options }', {
        hint: "Pass 'smtps://user:password@relay.example' or { smtp: { host: 'relay.example' } }.",
      })
    }
    this.#client = new SmtpClient(profile.smtp)
    this.#compose = profile.compose
    this.#deadlineMs = profile.smtp.deadlineMs ?? DEADLINE_MS
  }

  /** A mailer for the profile in a JSON file (see `profileFromJson`). @throws {SettingsError} `settings.*` */
  static async load(path: string): Promise<Mailer> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
      throw new SettingsError('settings.file', 'profile', `${path} cannot be read (${reason})`, {
        cause: error,
        hint: 'Check the path and the permissions of the file.',
      })
    })
    return new Mailer(profileFromJson(text, dirname(resolve(path))))
  }

  /** Connections and messages at this moment. */
  get counts(): SmtpClient['counts'] {
    return this.#client.counts
  }

  /** Tells the protocol trail of every session. Secrets and content are never in it. */
  on(event: 'trail', listener: (event: TrailEvent) => void): this {
    this.#client.on(event, listener)
    return this
  }

  off(event: 'trail', listener: (event: TrailEvent) => void): this {
    this.#client.off(event, listener)
    return this
  }

  /**
   * Sends a draft, or a message that is ready. Resolves when at least one recipient was delivered; the receipt tells of each. An encrypted
   * draft with blind recipients goes out as several messages, and the receipt covers them all.
   * @throws {PosthornError} as `SmtpClient.send` and `compose`; once sending had begun the error carries the receipt (`isSendFailure`),
   * with the Message-ID to keep if the outcome is `unknown` and the message is sent again; `draft.blind-copies` when such a draft is to
   * go to all recipients or none
   */
  async send(mail: Draft | ReadyMessage, options: MailSendOptions = {}): Promise<MailReceipt> {
    if (typeof mail !== 'object' || mail === null) {
      throw new SettingsError('draft.not-an-object', 'mail', 'must be a draft, or a message that is ready', {
        phase: 'compose',
        hint: 'Give { from, to, subject, text }, or what compose() and rawMessage() make.',
      })
    }
    if (isReady(mail)) return this.#deliver(mail, options)
    const { message, deadlineMs } = await composeInTime(
      mail,
      merged(this.#compose, options.compose),
      options,
      this.#deadlineMs,
    )
    try {
      return await this.#deliver(message, deadlineMs === undefined ? options : { ...options, deadlineMs })
    } finally {
      for (const each of [message, ...(message.blindCopies ?? [])]) each.content.release?.()
    }
  }

  async #deliver(message: ReadyMessage, options: MailSendOptions): Promise<MailReceipt> {
    const { blindCopies } = message
    if (blindCopies === undefined || blindCopies.length === 0) return this.#sendOne(message, options)
    if (options.recipients === 'all') {
      throw new SettingsError(
        'draft.blind-copies',
        'bcc',
        'makes several messages of an encrypted one, which cannot be all or nothing',
        {
          phase: 'compose',
          hint: "Leave recipients: 'all' out, or send it without bcc.",
        },
      )
    }
    return together([message, ...blindCopies].map((each) => this.#sendOne(each, options)))
  }

  async #sendOne(message: ReadyMessage, options: MailSendOptions): Promise<MailReceipt> {
    const identity = message.messageId ? { messageId: message.messageId } : {}
    const envelope = options.envelope ? onTerms(message.envelope, options.envelope) : message.envelope
    const content = await recodableSource(message.content, envelope.bodyType)
    try {
      return { ...(await this.#client.send({ envelope, content }, options)), ...identity }
    } catch (error) {
      if (isSendFailure(error)) Object.assign(error.receipt, identity) // the receipt was made for this send alone
      throw error
    }
  }

  /** Proves that the relay is reachable and takes these credentials; sends no mail. @throws {PosthornError} as `send` */
  verify(options: { readonly signal?: AbortSignal; readonly deadlineMs?: number } = {}): Promise<void> {
    return this.#client.verify(options)
  }

  /** Takes no further sends, waits for those under way, then ends every session. `now`: they fail at once instead. */
  close(options: { readonly now?: boolean } = {}): Promise<void> {
    return this.#client.close(options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function onTerms(envelope: Envelope, { notify, ...terms }: EnvelopeTerms): Envelope {
  const recipients =
    notify === undefined
      ? envelope.recipients
      : envelope.recipients.map((given): Recipient =>
          typeof given === 'string' ? { address: given, notify } : { notify, ...given },
        )
  return { ...merged<Envelope>(envelope, terms), recipients }
}

/** What a draft has not, and every message has. */
function isReady(mail: Draft | ReadyMessage): mail is ReadyMessage {
  return 'envelope' in mail && 'content' in mail
}

/** The second in place of the first, where it says something: a key that is there and undefined must not switch anything off. */
function merged<T extends object>(usual: T | undefined, given: Partial<T> | undefined): T {
  if (!usual || !given) return { ...usual, ...given } as T
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...usual, ...Object.fromEntries(said) }
}
