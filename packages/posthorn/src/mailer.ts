import { SettingsError } from '@posthorn/ground'
import type { ComposeOptions } from '@posthorn/mime'
import { checkProfile, type Profile } from '@posthorn/settings'
import type { SmtpOptions } from '@posthorn/smtp'
import type { Mail } from './mail.js'
import type { MailReceipt } from './mail-receipt.js'
import type { MailSendOptions } from './mail-send-options.js'
import type { LoadOptions } from './profiles/load-profile.js'
import { CurrentWay, type MailerEvents, type WaySource } from './reload/current-way.js'
import type { WatchTerms } from './reload/watched-files.js'
import { sendingMany, type SendResult } from './send-many.js'
import { sendMail } from './sending.js'
import { profileFromUrl } from './server-url.js'
import type { ProfileTerms } from './way/profile-terms.js'
import type { ProfileWarning } from './way/profile-warning.js'
import type { MailClient } from './way/mail-client.js'
import { checkRules, wayOfOptions } from './way/way.js'

/** A way out in code: options of the client with its functions and keys, and how drafts are composed. A `Profile` says it in data. */
export interface MailerOptions {
  /** SMTP or LMTP, to one relay. */
  readonly smtp: SmtpOptions
  /** How drafts are composed: signed, encrypted, folded, with access to files or without. */
  readonly compose?: ComposeOptions
}

/** How a profile is loaded, and whether it is loaded again. */
export interface LoadTerms extends LoadOptions, Omit<ProfileTerms, 'directory' | 'env'> {
  /**
   * True: the file, and the files its settings refer to, are watched. What changes is checked and counts from the next message or session on;
   * what needs a start waits (`Mailer.pending`). A file that cannot be used changes nothing. Each time there is the event `reload`. The
   * watch does not keep the process running. Default false.
   */
  readonly watch?: boolean | WatchTerms | undefined
}

/**
 * The way out for an application's mail. Make one and keep it: it holds the connections. Safe to use from anywhere at once.
 * ```ts
 * await using mailer = new Mailer('smtps://user:password@relay.example')
 * const receipt = await mailer.send({ from: 'a@example.com', to: 'b@example.org', subject: 'Hello', text: 'Hello!' })
 * ```
 */
export class Mailer {
  #current: CurrentWay

  /**
   * A profile is checked here; what it refers to (`env:`, `file:`, `vault:`) is read when the mailer is used first.
   * @param way a URL (see `profileFromUrl`), a profile, or options in code
   * @param terms what a profile cannot say; options in code need none
   * @throws {SettingsError} naming every setting that is wrong; never with a secret in it
   */
  constructor(way: string | URL | Profile | MailerOptions, terms: ProfileTerms = {}) {
    if (isOptions(way)) {
      this.#current = new CurrentWay(wayOfOptions(way.smtp, way.compose))
      return
    }
    const profile = checkProfile(typeof way === 'string' || way instanceof URL ? profileFromUrl(way) : way)
    checkRules(profile)
    this.#current = new CurrentWay({ profile, terms })
  }

  /**
   * A mailer for a profile that is kept in a file: by its name in the folder of profiles, by the path of the file, or, without either, the
   * one that POSTHORN_PROFILE names or that is active. Everything it refers to has been read then.
   * @throws {SettingsError} `settings.*`, `oauth2.*`, `certificate.*`, `logging.*`
   */
  static async load(nameOrFile?: string, terms: LoadTerms = {}): Promise<Mailer> {
    const { watch = false, site, env, flags, folder, ...rest } = terms
    const { loadForMailer } = await import('./reload/load-for-mailer.js')
    const said = flags && [...flags] // it is read again
    const load = () => loadForMailer(nameOrFile, { site, env, flags: said, folder })
    const { profile, directory, file } = await load()
    const mailer = new Mailer(profile)
    const source: WaySource = { profile, terms: { ...rest, env, directory }, file, load }
    mailer.#current = new CurrentWay(source)
    try {
      await mailer.#current.ready()
      if (watch !== false) await mailer.#current.watch(watch === true ? {} : watch)
      return mailer
    } catch (error) {
      await mailer.close({ now: true }) // nobody else can: a log may be open already
      throw error
    }
  }

  /** Connections and messages at this moment. */
  get counts(): MailClient['counts'] {
    return this.#current.counts
  }

  /** What works in the profile and should be otherwise, as far as it has been read. */
  get warnings(): readonly ProfileWarning[] {
    return this.#current.warnings
  }

  /** The settings that were changed in a file that is watched, and wait for `reload()` or a new start, by path. */
  get pending(): readonly string[] {
    return this.#current.pending
  }

  /** Tells what happens; see `MailerEvents`. */
  on<Event extends keyof MailerEvents>(event: Event, listener: (...told: MailerEvents[Event]) => void): this {
    this.#current.events.on(event, listener as never)
    this.#current.listen()
    return this
  }

  off<Event extends keyof MailerEvents>(event: Event, listener: (...told: MailerEvents[Event]) => void): this {
    this.#current.events.off(event, listener as never)
    this.#current.listen()
    return this
  }

  /**
   * Sends a draft, or a message that is ready. Resolves when at least one recipient was delivered; the receipt tells of each. An encrypted
   * draft with blind recipients goes out as several messages, and the receipt covers them all. What the profile says is put into drafts
   * that do not say it themselves; a message that is ready stays as it is, and goes on the terms of the profile.
   * @throws {PosthornError} as `SmtpClient.send` and `compose`; once sending had begun the error carries the receipt (`isSendFailure`),
   * with the Message-ID to keep if the outcome is `unknown` and the message is sent again; `draft.blind-copies` when such a draft is to
   * go to all recipients or none; `limits.recipients`, `limits.message-octets`; what reading the profile throws, see `load`
   */
  async send(mail: Mail, options: MailSendOptions = {}): Promise<MailReceipt> {
    if (typeof mail !== 'object' || mail === null) {
      throw new SettingsError('draft.not-an-object', 'mail', 'must be a draft, or a message that is ready', {
        phase: 'compose',
        hint: 'Give { from, to, subject, text }, or what compose() and rawMessage() make.',
      })
    }
    return this.#current.use(options, (way, timed) => {
      const closing = this.#current.closing
      return sendMail(mail, { way, options: timed, client: () => (this.#current.way ?? way).client, closing })
    })
  }

  /**
   * Sends what a source gives, several at a time, and tells of each as it is done, in that order. No more is taken from the source than the
   * connections can carry and the reader reads. A message that fails is told, and the others go on. When the reader breaks off, no more is
   * taken, and what is under way is sent to its end first.
   * ```ts
   * for await (const { index, receipt, error } of mailer.sendMany(drafts)) if (error) console.error(index, error.message)
   * ```
   * @param options for each of the messages. `concurrency`: how many at a time; default: so many that all connections have work. With the
   * signal those under way end, and the iteration throws `aborted` once all that were taken have been told.
   * @throws what the source throws, once all that were taken from it have been told
   */
  async *sendMany<T extends Mail>(
    source: Iterable<T> | AsyncIterable<T>,
    options: MailSendOptions & { readonly concurrency?: number } = {},
  ): AsyncGenerator<SendResult<T>, void, undefined> {
    const { concurrency, ...each } = options
    if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0)) {
      throw new SettingsError('settings.number', 'concurrency', 'must be a whole number above 0', {
        hint: 'Leave it out, and all connections have work.',
      })
    }
    const usual = await this.#current.use(each, (way) => Promise.resolve(way.concurrency))
    const terms = { concurrency: concurrency ?? usual, signal: options.signal }
    yield* sendingMany(source, (mail) => this.send(mail, each), terms)
  }

  /** Proves that the relay is reachable and takes these credentials; sends no mail. @throws {PosthornError} as `send` */
  async verify(options: { readonly signal?: AbortSignal; readonly deadlineMs?: number } = {}): Promise<void> {
    await this.#current.use(options, ({ client, deadlineMs }, timed) => client.verify({ deadlineMs, ...timed }))
  }

  /**
   * Reads the profile and everything it refers to anew, and all of it counts, what waits for a start, too. What is under way ends as it
   * began: nothing is lost, and nothing is sent twice. For options in code there is nothing to read.
   * @throws {SettingsError} as `load`; what was there before goes on to count; `pool.closed`
   */
  async reload(): Promise<void> {
    await this.#current.reload()
  }

  /**
   * Takes no further sends, waits for those that were called before, then ends every session. `now`: they fail at once instead, and what is
   * being read for them is not waited for.
   */
  async close(options: { readonly now?: boolean } = {}): Promise<void> {
    await this.#current.close(options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function isOptions(way: string | URL | Profile | MailerOptions): way is MailerOptions {
  return typeof way === 'object' && way !== null && 'smtp' in way
}
