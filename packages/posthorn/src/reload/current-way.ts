import { EventEmitter, setMaxListeners } from 'node:events'
import { InvariantError, PosthornError, ProtocolError, SettingsError } from '@posthorn/ground'
import type { Profile } from '@posthorn/settings'
import type { SendOptions, TrailEvent } from '@posthorn/smtp'
import { inTime, unlessAborted, type TimedWork } from '../composing.js'
import type { ProfileTerms } from '../way/profile-terms.js'
import type { ProfileWarning } from '../way/profile-warning.js'
import type { MailClient } from '../way/mail-client.js'
import { deadlineOf, wayOfProfile, type Way } from '../way/way.js'
import { changedContents, changedPaths, countingNow } from './changes.js'
import type { ProfileInFile } from './load-for-mailer.js'
import type { ReloadEvent } from './reload-event.js'
import type { WatchedFiles, WatchTerms } from './watched-files.js'

/** What a mailer tells of, by event. */
export interface MailerEvents {
  /** The protocol trail of every session. Secrets and content are never in it. */
  trail: [event: TrailEvent]
  /** What works in the profile and should be otherwise, each once. */
  warning: [warning: ProfileWarning]
  /** A profile that is watched was loaded again, or could not be. */
  reload: [event: ReloadEvent]
}

/** What a way is made of: a profile, and for one that is kept in a file how it is read again. */
export interface WaySource {
  readonly profile: Profile
  readonly terms: ProfileTerms
  readonly file?: string | undefined
  readonly load?: (() => Promise<ProfileInFile>) | undefined
}

const READING: TimedWork = {
  phase: 'wait',
  hint: 'What the profile refers to was still being read; nothing was sent. See whether the vault answers, or allow more time with deadlineMs.',
}

/**
 * The way a mailer goes by at this moment, and what changes it. A new one takes the place of the old one at once, for whatever is handed
 * over to a client from then on; a client that was left ends what it has begun.
 */
export class CurrentWay {
  readonly events = new EventEmitter<MailerEvents>()
  #way: Way | undefined
  #source: WaySource | undefined
  #making: Promise<Way> | undefined
  #pending: readonly string[] = []
  /** Those that carry, and those that end what they have begun. */
  readonly #clients = new Set<MailClient>()
  readonly #heard = new Map<MailClient, (event: TrailEvent) => void>()
  readonly #ending = new Set<Promise<void>>()
  #watched: WatchedFiles | undefined
  /** One reading of the profile after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #renewalWaits = false
  #closed = false
  /** What was called and has not ended; the promises in it always resolve. */
  readonly #underWay = new Set<Promise<void>>()
  readonly #closing = new AbortController()

  constructor(from: Way | WaySource) {
    setMaxListeners(0, this.#closing.signal) // each message that is being composed listens
    if ('client' in from) this.#take(from)
    else this.#source = from
  }

  /** Absent until it was used first. */
  get way(): Way | undefined {
    return this.#way
  }

  /** Aborted when the mailer is closed at once. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  get pending(): readonly string[] {
    return this.#pending
  }

  get warnings(): readonly ProfileWarning[] {
    return this.#way?.made?.warnings ?? []
  }

  get counts(): MailClient['counts'] {
    const sum = { open: 0, idle: 0, busy: 0, waiting: 0 }
    for (const { counts } of this.#clients) {
      for (const key of ['open', 'idle', 'busy', 'waiting'] as const) sum[key] += counts[key]
    }
    return sum
  }

  /**
   * Does something by the way of this moment. What the way holds open stays open until that has ended, and `close` waits for it. While the
   * way is made first, the deadline and the signal of the caller count, and what is left of the time is handed on.
   * @throws as `work`; `pool.closed`; as `ready`; `deadline.exceeded`, `aborted`
   */
  async use<O extends SendOptions, T>(options: O, work: (way: Way, options: O) => Promise<T>): Promise<T> {
    if (this.#closed) throw closedMailer()
    const done = this.#way ? work(this.#way, options) : this.#whenReady(options, work)
    const ended = done.then(ignore, ignore) // told to who asked for it
    this.#underWay.add(ended)
    try {
      return await done
    } finally {
      this.#underWay.delete(ended)
    }
  }

  async #whenReady<O extends SendOptions, T>(options: O, work: (way: Way, options: O) => Promise<T>): Promise<T> {
    const { profile, terms } = this.#source!
    const { result, deadlineMs } = await inTime(
      (signal) => unlessAborted(this.ready(), signal, 'wait'), // the reading goes on for the others
      options,
      deadlineOf(profile, terms),
      this.#closing.signal,
      READING,
    )
    return work(this.#way ?? result, { ...options, deadlineMs })
  }

  /** The way, once it is made; a failure is no way, and the next call tries again. @throws {SettingsError} */
  async ready(): Promise<Way> {
    if (this.#way) return this.#way
    this.#making ??= this.#inTurn(() => this.#make()).finally(() => (this.#making = undefined))
    return this.#making
  }

  /** Reads everything anew; all of it counts. @throws {SettingsError} what was there before goes on to count */
  async reload(): Promise<void> {
    if (this.#closed) throw closedMailer()
    await this.#inTurn(async () => {
      if (this.#closed) throw closedMailer()
      const source = this.#source
      if (!source) return
      const loaded = await source.load?.()
      await this.#renew({ ...source, ...placed(source, loaded) })
      this.#pending = []
      await this.#watched?.watch(this.#files())
    })
  }

  /** Watches the file of the profile and those its settings refer to. @throws {SettingsError} `settings.watch` */
  async watch(terms: WatchTerms): Promise<void> {
    if (this.#source?.file === undefined) {
      throw new SettingsError('settings.watch', 'watch', 'needs a profile that is kept in a file', {
        hint: 'Name one, or leave watch out.',
      })
    }
    await this.ready()
    const { WatchedFiles } = await import('./watched-files.js')
    this.#watched = new WatchedFiles(() => this.#fileChanged(), terms)
    await this.#watched.watch(this.#files())
    const { profile, load } = this.#source
    const now = await load?.().catch(() => undefined) // what is wrong with it is told when it is loaded as a change
    if (!now || changedPaths(profile, now.profile).length > 0) this.#fileChanged() // it changed before it was watched
  }

  /** Makes sure that the trail is told while somebody wants it, and only then. */
  listen(): void {
    const wanted = this.events.listenerCount('trail') > 0 || this.#way?.log?.wantsTrail === true
    for (const client of this.#clients) {
      if (wanted === this.#heard.has(client)) continue
      if (wanted) {
        const listener = (event: TrailEvent) => this.#forward(event, client)
        client.on('trail', listener)
        this.#heard.set(client, listener)
      } else {
        client.off('trail', this.#heard.get(client)!)
        this.#heard.delete(client)
      }
    }
  }

  /** As `Mailer.close`. */
  async close(options: { readonly now?: boolean }): Promise<void> {
    this.#closed = true
    if (options.now === true) {
      this.#closing.abort(closedAtOnce())
      await this.#closeClients(options)
    }
    await this.#watched?.close()
    await Promise.all(this.#underWay)
    await this.#turn
    await this.#closeClients(options)
    await Promise.all(this.#ending)
    await this.#way?.log?.close()
    await this.#way?.made?.kept.release()
  }

  async #closeClients(options: { readonly now?: boolean }): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.close(options)))
  }

  async #make(): Promise<Way> {
    if (this.#way) return this.#way
    this.#closing.signal.throwIfAborted()
    return this.#renew(this.#source!)
  }

  /** Makes a way and goes by it from now on. */
  async #renew(source: WaySource): Promise<Way> {
    const way = await wayOfProfile(source.profile, source.terms, this.#way, this.#closing.signal)
    const known = this.warnings
    this.#source = source
    this.#take(way)
    for (const warning of way.made?.warnings ?? []) {
      if (known.some(({ code, path }) => code === warning.code && path === warning.path)) continue
      source.terms.onWarning?.(warning)
      this.#tell('warning', warning)
      const { path, message, hint } = warning
      way.log?.say({ level: 'warn', event: 'warning', text: `${path} ${message}`, facts: { hint } })
    }
    return way
  }

  #take(way: Way): void {
    const old = this.#way
    this.#way = way
    this.#clients.add(way.client)
    this.listen()
    if (old) this.#keep(this.#leave(old, way))
  }

  /** Lets go of what the next way does not take over, once what was begun by it has ended. */
  async #leave(old: Way, next: Way): Promise<void> {
    const begun = [...this.#underWay]
    if (old.client !== next.client) await this.#end(old.client)
    await Promise.all(begun) // what becomes of them is written into the log they began with
    if (old.log !== next.log) await old.log?.close()
    await old.made?.kept.release(next.made?.kept)
  }

  async #end(client: MailClient): Promise<void> {
    await client.close()
    this.#clients.delete(client)
    this.#heard.delete(client)
  }

  /** Waited for by `close`, which tells what goes wrong in it. */
  #keep(ending: Promise<void>): void {
    this.#ending.add(ending)
    ending.then(
      () => this.#ending.delete(ending),
      () => {},
    )
  }

  #files(): string[] {
    return [this.#source!.file!, ...(this.#way?.made?.kept.files ?? [])]
  }

  #fileChanged(): void {
    if (this.#renewalWaits) return
    this.#renewalWaits = true
    void this.#inTurn(async () => {
      this.#renewalWaits = false
      if (!this.#closed) await this.#renewFromFile(this.#source!)
    })
  }

  async #renewFromFile(source: WaySource): Promise<void> {
    try {
      const loaded = await source.load!()
      const before = this.#way!.made!
      const { profile, pending } = countingNow(before.profile, loaded.profile)
      const { made } = await this.#renew({ ...source, ...placed(source, { ...loaded, profile }) })
      this.#pending = pending
      const paths = [
        ...changedPaths(before.profile, profile),
        ...changedContents(before.kept.digests, made!.kept.digests),
      ]
      const changed = [...new Set(paths)].sort()
      await this.#watched?.watch(this.#files())
      this.#tell('reload', { loaded: true, changed, pending })
      const text = 'the profile was loaded again'
      this.#way?.log?.say({ level: 'info', event: 'reload', text, facts: { changed, pending } })
    } catch (thrown) {
      const error = asPosthornError(thrown)
      this.#tell('reload', { loaded: false, error })
      const text = `the profile cannot be used: ${error.message}`
      this.#way?.log?.say({ level: 'error', event: 'reload', text, facts: { hint: error.hint } })
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {}) // told to who asked for it
    return done
  }

  /** Every client counts its sessions from 1, so the log is told whose they are. */
  #forward(event: TrailEvent, client: MailClient): void {
    this.#way?.log?.trail(event, client)
    this.events.emit('trail', event)
  }

  /** What a listener throws is its own fault, told as such and not in the middle of something. */
  #tell<Event extends 'warning' | 'reload'>(event: Event, ...told: MailerEvents[Event]): void {
    queueMicrotask(() =>
      (this.events.emit as (name: Event, ...args: MailerEvents[Event]) => boolean).call(this.events, event, ...told),
    )
  }
}

/** Where a profile that was loaded again stands. */
function placed(
  { profile, terms, file }: WaySource,
  loaded: ProfileInFile | undefined,
): Pick<WaySource, 'profile' | 'terms' | 'file'> {
  if (!loaded) return { profile, terms, file }
  return { profile: loaded.profile, terms: { ...terms, directory: loaded.directory }, file: loaded.file ?? file }
}

function closedMailer(): SettingsError {
  return new SettingsError('pool.closed', 'mailer', 'is closed', {
    phase: 'wait',
    hint: 'Make a new mailer, or close it later.',
  })
}

function closedAtOnce(): ProtocolError {
  return new ProtocolError('pool.closed', 'the mailer was closed', {
    phase: 'wait',
    outcome: 'transient',
    hint: 'Send again with a new mailer.',
  })
}

function ignore(): void {}

function asPosthornError(thrown: unknown): PosthornError {
  return thrown instanceof PosthornError ? thrown : new InvariantError('the profile could not be loaded', thrown)
}
