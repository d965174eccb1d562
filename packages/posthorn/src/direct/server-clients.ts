import { SmtpClient, type SmtpOptions, type TrailEvent } from '@posthorn/smtp'

interface Entry {
  readonly client: SmtpClient
  /** Sends under way. */
  users: number
}

/**
 * The clients of the servers that mail goes to, each with its own pool. Of those that nobody uses the one used longest ago is closed when
 * there are too many.
 */
export class ServerClients {
  readonly #limit: number
  readonly #entries = new Map<string, Entry>()
  readonly #closing = new Set<Promise<void>>()
  readonly #emit: (event: TrailEvent) => void
  #isWatched = false
  #sessions = 0

  /** @param emit gets the trail of all of them while it is watched, sessions counted from 1 over all */
  constructor(limit: number, emit: (event: TrailEvent) => void) {
    this.#limit = limit
    this.#emit = emit
  }

  get counts(): SmtpClient['counts'] {
    const sum = { open: 0, idle: 0, busy: 0, waiting: 0 }
    for (const { client } of this.#entries.values()) {
      for (const name of ['open', 'idle', 'busy', 'waiting'] as const) sum[name] += client.counts[name]
    }
    return sum
  }

  /** Listens to the trail of every client, those to come included, or no more. */
  set isWatched(isWatched: boolean) {
    if (this.#isWatched === isWatched) return
    this.#isWatched = isWatched
    for (const { client } of this.#entries.values()) this.#watch(client)
  }

  /**
   * Works with the client of a key, which is made when there is none.
   * @throws {SettingsError} when the options cannot be used; what the work throws
   */
  async use<T>(key: string, options: () => SmtpOptions, work: (client: SmtpClient) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key) ?? { client: this.#made(options()), users: 0 }
    this.#entries.delete(key)
    this.#entries.set(key, entry) // the one used last is the last
    entry.users++
    this.#shrink()
    try {
      return await work(entry.client)
    } finally {
      entry.users--
      this.#shrink()
    }
  }

  /** Ends every session by QUIT once what is under way is done; `now`: at once. */
  async close(now: boolean): Promise<void> {
    for (const { client } of this.#entries.values()) this.#end(client, now)
    this.#entries.clear()
    await Promise.all(this.#closing)
  }

  #shrink(): void {
    if (this.#entries.size <= this.#limit) return
    for (const [key, { client, users }] of this.#entries) {
      if (users > 0) continue
      this.#entries.delete(key)
      this.#end(client, false)
      if (this.#entries.size <= this.#limit) return
    }
  }

  #end(client: SmtpClient, now: boolean): void {
    const closing: Promise<void> = client.close({ now }).finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #made(options: SmtpOptions): SmtpClient {
    const client = new SmtpClient(options)
    if (this.#isWatched) this.#watch(client)
    return client
  }

  readonly #listeners = new WeakMap<SmtpClient, (event: TrailEvent) => void>()

  #watch(client: SmtpClient): void {
    const former = this.#listeners.get(client)
    if (!this.#isWatched) {
      if (former) client.off('trail', former)
      this.#listeners.delete(client)
      return
    }
    const numbers = new Map<number, number>()
    const listener = (event: TrailEvent) => {
      const session = numbers.get(event.session) ?? ++this.#sessions
      if (event.type === 'close') numbers.delete(event.session)
      else numbers.set(event.session, session)
      this.#emit({ ...event, session })
    }
    this.#listeners.set(client, listener)
    client.on('trail', listener)
  }
}
