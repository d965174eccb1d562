import { SettingsError, type Phase, type PosthornError } from '@posthorn/ground'
import { carry } from './carry.js'
import type { Job } from './job.js'
import { Lessons } from './lessons.js'
import { closedClient, endedByClose } from './pool-closed.js'
import { Queue } from './queue.js'
import { RateLimit } from './rate-limit.js'
import { cutToLimits } from './recipient-limits.js'
import { refusal } from './fault.js'
import type { Carrier } from './sends.js'
import type { SessionOwner } from './session-work.js'
import { Session } from './session.js'
import type { SettledOptions } from './settled-options.js'
import { Trail, type TrailHub } from './trail.js'
import { Transaction } from './transaction.js'
import type { Work } from './work.js'

/** How long no further connection is tried after one failed, doubled with each failure in a row. */
const PAUSE_MS = 50
const MAX_PAUSE_MS = 5_000
/** How often idle sessions are looked at for another reason than their time, which may end them, too. */
const MAX_LOOK_MS = 60_000
/** Ends of a session that are the other side's doing. */
const LOST = /^smtp\.(?:connection\.lost|timeout|reply\.)/
/** So many rounds of connections lost with their first message, and those who wait are told. */
const MAX_LOST = 8

interface Opening {
  /** For what waits in the queue, not for a caller of its own. */
  readonly forQueue: boolean
  readonly session: Session
  readonly abort: AbortController
}

/**
 * The sessions to one relay and the transactions that wait for one. For what waits there are never more connections than the cap, those
 * being opened and closed included; a session that a caller asks for counts, and is opened all the same. First come, first served; a
 * free session is probed when it was idle for long and left when it is old, full, or its token ends soon.
 */
export class Pool implements Work, Carrier, SessionOwner {
  readonly #options: SettledOptions
  readonly #hub: TrailHub
  readonly lessons = new Lessons()
  readonly #queue = new Queue()
  readonly #opening = new Set<Opening>()
  readonly #idle: Session[] = []
  readonly #dedicated = new Set<Session>()
  readonly #busy = new Set<Session>()
  /** What each busy session carries, in the order it went out; finished ones are swept out later. */
  readonly #aboard = new Map<Session, Set<Transaction>>()
  readonly #rate: RateLimit | undefined
  /** Sends whose content is being prepared. */
  readonly #preparing = new Set<Job>()
  /** Messages on sessions of callers' own. */
  #ownSends = 0
  /** Connections that exist in any state. */
  #connections = 0
  #sessionNumber = 0
  #failures = 0
  /** Sessions that are about to take their first transaction. */
  #starting = 0
  #lookingAgain = false
  /** Runs while no further connection is to be tried. */
  #pause: NodeJS.Timeout | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #closing = false
  /** Why nothing is tried again. */
  #closedNow: PosthornError | undefined
  readonly #waitingForEmpty: (() => void)[] = []

  constructor(options: SettledOptions, hub: TrailHub) {
    this.#options = options
    this.#hub = hub
    const { rateLimit } = options.pool
    this.#rate = rateLimit && new RateLimit(rateLimit.messages, rateLimit.perMs, () => this.#pump())
  }

  get counts(): { readonly open: number; readonly idle: number; readonly busy: number; readonly waiting: number } {
    return { open: this.#connections, idle: this.#idle.length, busy: this.#busy.size, waiting: this.#queue.live }
  }

  /** @throws {SettingsError} `pool.closed` */
  begin(job: Job): void {
    if (this.#closing) throw closedClient()
    this.#preparing.add(job)
  }

  /** @throws {SettingsError} `pool.closed`, `pool.full` */
  add(job: Job): void {
    if (this.#closing && !this.#preparing.has(job)) throw closedClient()
    if (this.#queue.live >= this.#options.pool.maxWaiting) {
      throw new SettingsError('pool.full', 'pool.maxWaiting', `${this.#queue.length} messages wait already`, {
        phase: 'wait',
        outcome: 'transient',
        hint: 'Wait for some of them before sending more.',
      })
    }
    this.#queue.push(new Transaction(job, job.indexes))
    this.#preparing.delete(job)
    this.#pump()
  }

  /** A send has settled, for whatever reason. */
  forget(job: Job): void {
    this.#queue.forget(job)
    if (this.#preparing.delete(job)) this.#changed()
  }

  /** Ends a send now: settled by `errorIn(phase)`, and taken from its session. */
  cancel(job: Job, errorIn: (phase: Phase) => PosthornError): void {
    if (job.settled) return
    const sessions: Session[] = []
    const sent = new Set<number>()
    for (const [session, transactions] of this.#aboard) {
      for (const { job: other, stage, indexes } of transactions) {
        if (other !== job || stage === 'done') continue
        sessions.push(session)
        if (stage === 'sent') for (const index of indexes) sent.add(index)
      }
    }
    const opening = this.#openingForQueue[0]
    const error = errorIn(sessions[0]?.phase ?? opening?.session.phase ?? 'wait')
    job.faultRest((index) => (sent.has(index) ? 'unknown' : 'notSent'), error)
    for (const session of sessions) {
      // others on the session whose content is out keep it: their replies are still to come
      const others = [...this.#aboard.get(session)!].some((other) => other.job !== job && other.stage === 'sent')
      if (!others) session.wire.fail(error)
    }
    if (!this.#queue.hasWork) for (const { abort } of this.#openingForQueue) abort.abort(error)
    this.#changed()
  }

  next(session: Session): Transaction | undefined {
    this.lessons.learn(session)
    if (session.carried > 0) this.#failures = 0
    if (!this.#mayCarryMore(session)) return undefined
    if (this.#rate && this.#queue.hasWork && !this.#rate.take()) return undefined
    const waiting = this.#queue.shift()
    const transaction = waiting && cutToLimits(session, waiting, this.lessons.recipientLimit, this.#back)
    if (!transaction) return waiting?.stage === 'done' ? this.next(session) : undefined
    const aboard = this.#aboard.get(session)!
    for (const earlier of aboard) {
      if (earlier.stage !== 'done') break
      aboard.delete(earlier)
    }
    aboard.add(transaction)
    return transaction
  }

  again(transaction: Transaction): void {
    if (this.#closedNow) return transaction.lost(this.#closedNow)
    this.#queue.unshift(transaction)
    this.#pump()
  }

  /** What a session had no room for. */
  readonly #back = (transaction: Transaction): void => this.#queue.unshift(transaction)

  /** A session of one's own, counted as a connection; its owner ends it by QUIT, `close` at the latest. */
  async dedicated(signal: AbortSignal): Promise<Session> {
    if (this.#closing) throw closedClient()
    const session = await this.#open(signal, () => {})
    session.own = true
    this.#dedicated.add(session)
    session.onClose(() => this.#dedicated.delete(session))
    this.#changed()
    return session
  }

  sendBegins(): void {
    if (this.#closing) throw closedClient()
    this.#ownSends++
  }

  sendEnds(): void {
    if (--this.#ownSends === 0 && this.#waitingForEmpty.length > 0) this.#changed()
  }

  /** Resolves when nothing waits and nothing is under way. */
  async drained(): Promise<void> {
    while (this.#queue.hasWork || this.#preparing.size + this.#busy.size + this.#ownSends > 0)
      await new Promise<void>((resolve) => this.#waitingForEmpty.push(resolve))
  }

  /** Takes no more; ends every session by QUIT once what waits is done, or, with `now`, at once with an error for each send. */
  async close(now: boolean): Promise<void> {
    this.#closing = true
    if (now) {
      const error = endedByClose()
      this.#closedNow = error
      for (const job of [...this.#preparing]) job.faultRest(() => 'notSent', error)
      for (let waiting = this.#queue.shift(); waiting; waiting = this.#queue.shift()) waiting.lost(error)
      for (const session of [...this.#busy, ...this.#dedicated]) session.wire.fail(error)
      for (const { abort } of this.#opening) abort.abort(error)
    }
    await this.drained()
    this.#rate?.stop()
    clearTimeout(this.#pause)
    clearTimeout(this.#idleTimer)
    for (const { abort } of this.#opening) abort.abort()
    await Promise.all([...this.#idle.splice(0), ...this.#dedicated].map((session) => session.quit()))
    while (this.#connections > 0) await new Promise<void>((resolve) => this.#waitingForEmpty.push(resolve))
  }

  /** Gives waiting transactions to free sessions, and opens more while the cap allows. */
  #pump(): void {
    if (this.#rate && this.#queue.hasWork && !this.#rate.ready) return
    while (this.#queue.hasWork && this.#starting < this.#queue.length) {
      const session = this.#idle.pop()
      if (!session) break
      session.wire.socket.ref()
      this.#busy.add(session)
      void this.#serve(session)
    }
    if (!this.#queue.hasWork || this.#pause) return
    // a session that has just settled a send is free in a moment: who sends one after the other needs no second connection
    if (this.#busy.size === 0) this.#openNeeded()
    else if (!this.#lookingAgain) {
      this.#lookingAgain = true
      setImmediate(() => {
        this.#lookingAgain = false
        this.#openNeeded()
      })
    }
  }

  get #openingForQueue(): Opening[] {
    return [...this.#opening].filter(({ forQueue }) => forQueue)
  }

  #openNeeded(): void {
    if (!this.#queue.hasWork || this.#pause) return
    const cap = Math.min(this.#options.pool.maxConnections, this.lessons.connectionLimit)
    while (
      this.#openingForQueue.length < this.#queue.length &&
      this.#connections < cap &&
      (!this.#rate || this.#rate.ready)
    )
      this.#openMore()
  }

  #openMore(): void {
    const waited = this.#queue.last
    void this.#open(undefined, (error) => this.#openFailed(error, waited)).then(
      (session) => {
        this.#busy.add(session)
        return this.#serve(session)
      },
      () => {}, // told to #openFailed, before the connection is counted as gone
    )
  }

  async #open(signal: AbortSignal | undefined, failed: (error: PosthornError) => void): Promise<Session> {
    const forQueue = signal === undefined
    const abort = new AbortController()
    const trail = new Trail(this.#hub, ++this.#sessionNumber)
    const both = signal ? AbortSignal.any([signal, abort.signal]) : abort.signal
    this.#connections++
    const { session, ready } = Session.begin(this.#options, trail, both, {
      groups: this.lessons.groups,
      ridingLogin: forQueue,
    })
    this.lessons.teach(session)
    const opening = { forQueue, session, abort }
    this.#opening.add(opening)
    try {
      await ready
      const { failure, closing } = session.wire
      if (failure ?? closing) {
        void session.quit()
        throw failure ?? refusal('ehlo', closing!)
      }
      this.#opening.delete(opening)
      return session
    } catch (error) {
      this.#opening.delete(opening)
      failed(error as PosthornError)
      throw error
    } finally {
      session.onClose(() => this.#gone())
    }
  }

  /**
   * Those who waited when the attempt began share its failure, unless it may pass and other sessions can still serve them. Then the next
   * attempt waits a little longer each time, and a server that refused has taught how many it takes.
   */
  #openFailed(error: PosthornError, waited: Transaction | undefined): void {
    const established = this.#busy.size + this.#idle.length
    if (error.outcome === 'transient' && established + this.#openingForQueue.length > 0) {
      this.#pauseOpening()
      if (error.reply && established > 0) this.lessons.tookConnections(established)
      return
    }
    this.#failWaiting(error, waited)
  }

  #pauseOpening(): void {
    if (this.#pause) return // one of several that failed together
    const pauseMs = Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** this.#failures++)
    // kept alive on purpose: messages wait, and the other sessions may end meanwhile
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.#pump()
    }, pauseMs)
  }

  #failWaiting(error: PosthornError, last: Transaction | undefined): void {
    if (error.code === 'aborted' && !this.#queue.hasWork) return
    for (let waiting = this.#queue.shift(); waiting; waiting = this.#queue.shift()) {
      waiting.lost(error)
      if (waiting === last) break
    }
  }

  async #serve(session: Session): Promise<void> {
    this.#aboard.set(session, new Set())
    this.#starting++
    const fresh = await this.#fresh(session)
    this.#starting--
    if (!fresh) return this.#retire(session)
    const first = this.next(session)
    const ended = first && (await carry(session, this, first))
    if (ended?.code.startsWith('smtp.auth.')) {
      this.#leave(session) // a login that failed in front of a message is a failed opening, found out later
      this.#openFailed(ended, this.#queue.last)
      return this.#changed()
    }
    // opened well and lost with its first message: the next one waits a little, too
    if (ended && LOST.test(ended.code) && session.carried <= 1 && !session.wire.closing) {
      if (this.#failures >= MAX_LOST) this.#failWaiting(ended, this.#queue.last)
      this.#pauseOpening()
    }
    if (ended || this.#closing || !this.#mayCarryMore(session)) return this.#retire(session)
    this.#leave(session)
    session.idleSince = performance.now()
    session.wire.socket.unref()
    this.#idle.push(session)
    this.#watchIdle()
    this.#changed()
  }

  /** A session that was idle for long is asked whether it is still there. */
  async #fresh(session: Session): Promise<boolean> {
    if (session.idleSince < 0 || performance.now() - session.idleSince < this.#options.pool.probeIdleMs)
      return session.alive
    return session.alive && (await session.probe())
  }

  #retire(session: Session): void {
    this.#leave(session)
    void session.quit()
    this.#changed()
  }

  #leave(session: Session): void {
    this.#busy.delete(session)
    this.#aboard.delete(session)
  }

  #mayCarryMore(session: Session): boolean {
    const { pool } = this.#options
    const limit = Math.min(pool.maxMessagesPerConnection, session.extensions.limits.mailMax ?? Infinity)
    const tokenEnds = session.login?.expiresAt
    if (!session.alive || session.full) return false
    if (session.carried === 0) return true // else a token that ends soon would have sessions opened for nothing, again and again
    const young = performance.now() - session.openedAt < pool.maxAgeMs
    return session.carried < limit && young && (tokenEnds === undefined || Date.now() < tokenEnds - pool.tokenMarginMs)
  }

  #watchIdle(): void {
    if (this.#idleTimer) return
    const { maxIdleMs } = this.#options.pool
    const dueInMs = Math.min(...this.#idle.map(({ idleSince }) => idleSince)) + maxIdleMs - performance.now()
    const closeIdle = () => {
      this.#idleTimer = undefined
      const now = performance.now()
      for (const session of this.#idle.splice(0)) {
        if (!session.alive || now - session.idleSince >= maxIdleMs || !this.#mayCarryMore(session)) void session.quit()
        else this.#idle.push(session)
      }
      if (this.#idle.length > 0) this.#watchIdle()
    }
    this.#idleTimer = setTimeout(closeIdle, Math.max(1, Math.min(Math.ceil(dueInMs), MAX_LOOK_MS))).unref()
  }

  #gone(): void {
    this.#connections--
    const dead = this.#idle.findIndex((session) => session.wire.failure)
    if (dead !== -1) this.#idle.splice(dead, 1)
    this.#changed()
  }

  #changed(): void {
    this.#pump()
    for (const wake of this.#waitingForEmpty.splice(0)) wake()
  }
}
