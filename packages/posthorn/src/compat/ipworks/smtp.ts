import { PosthornError } from '@posthorn/ground'
import { inspect } from 'node:util'
import { bindAccess } from './accessors.js'
import { answer, answerLater, type Callback } from './callback.js'
import { ComponentState } from './component-state.js'
import { configNamed, readConfig, writeConfig } from './config.js'
import { bindEvents, EventMethods } from './event-methods.js'
import { failureOf } from './failure.js'
import { invalidArgument, IPWorksError } from './ipworks-error.js'
import { accepted, Link } from './link.js'
import { checkUnread, closeStream, type BodyStream } from './message/body-stream.js'
import { checkRecipients } from './message/message-envelope.js'
import { processSpool, queueMessage } from './queue.js'
import { serverName } from './road/server-name.js'
import { tellRefused, transact, VERBS } from './transact.js'

/**
 * The SMTP class of IPWorks, on Posthorn's engine: its properties, methods, events, settings and error numbers. Code written against it moves
 * over by changing the import. Every method that talks to a server returns a promise, and takes a callback `(error, result)` as its last argument
 * as well. One method at a time.
 * ```ts
 * const smtp = new SMTP()
 * smtp.mailServer = 'relay.example'
 * smtp.from = 'anna@example.com'
 * smtp.sendTo = 'bruno@example.org'
 * smtp.subject = 'Hello'
 * smtp.messageText = 'Hello!'
 * await smtp.send()
 * ```
 * @source rows ipworks.prop.*, ipworks.method.*, ipworks.behaviour.api-shape
 */
export class SMTP extends EventMethods {
  readonly #state = new ComponentState()
  /** Why the class itself ended the method that is at work. */
  #ended: 'interrupted' | 'timeout' | undefined
  /** Ends the wait for handlers. */
  #giveUp: (() => void) | undefined
  /** Ends what is done with a folder, or the reading of a stream. */
  #stop: AbortController | undefined
  /** The method that is at work, or the last one. */
  #working: Promise<unknown> | undefined

  constructor() {
    super()
    bindAccess(this, this.#state)
    bindEvents(this, this.#state.events)
  }

  /** Sets a setting by `NAME=VALUE`, and tells its value; `NAME` tells it, a password too. @throws {IPWorksError} 10022, 106, 107, 112 */
  config(setting: string, callback?: Callback<string>): string {
    return answer(callback, () => {
      if (typeof setting !== 'string') throw invalidArgument('config()', 'takes a string, NAME or NAME=VALUE')
      const at = setting.indexOf('=')
      const name = configNamed(at < 0 ? setting : setting.slice(0, at))
      if (at >= 0) writeConfig(this.#state.configured, name, setting.slice(at + 1))
      return readConfig(this.#state.configured, name)
    })
  }

  /** Connects, negotiates, logs in. @throws {IPWorksError} 104, 163, 116, 161, 301, ... */
  connect(callback?: Callback<void>): Promise<void> {
    return this.#run('Connect', callback, async () => {
      if (this.#state.link?.isOpen) throw new IPWorksError(104, '104: already connected; call disconnect() first')
      await this.#open()
    })
  }

  /** QUIT, and the end of the connection. Nothing to do without one. */
  disconnect(callback?: Callback<void>): Promise<void> {
    return this.#run('Disconnect', callback, async () => {
      await this.#close()
      if (this.#ended) throw failureOf(undefined, { ended: this.#ended, inTransaction: false })
    })
  }

  /** Sends the message; on a connection of its own where there is none. @throws {IPWorksError} 163, 164, 165, 161, 301, ... */
  send(callback?: Callback<void>): Promise<void> {
    return this.#run('Send', callback, () => this.#send())
  }

  /** As `send`, to the terminals alone: SEND of RFC 821. @throws {IPWorksError} 211 without extensions */
  sendToTerminalOnly(callback?: Callback<void>): Promise<void> {
    return this.#run('SendToTerminalOnly', callback, () => this.#send())
  }

  /** As `send`, to the terminals or the mailboxes: SOML of RFC 821. @throws {IPWorksError} 211 without extensions */
  sendToTerminalOrEmail(callback?: Callback<void>): Promise<void> {
    return this.#run('SendToTerminalOrEmail', callback, () => this.#send())
  }

  /** As `send`, to the terminals and the mailboxes: SAML of RFC 821. @throws {IPWorksError} 211 without extensions */
  sendToTerminalAndEmail(callback?: Callback<void>): Promise<void> {
    return this.#run('SendToTerminalAndEmail', callback, () => this.#send())
  }

  /** VRFY; `lastReply` tells what the server said. @throws {IPWorksError} 161 */
  verify(emailAddress: string, callback?: Callback<void>): Promise<void> {
    return this.#run('Verify', callback, () =>
      this.#overLink(emailAddress, 'verify()', async (link) => {
        const reply = await link.session.vrfy(emailAddress)
        link.heard(reply)
        accepted(reply, 'VRFY')
      }),
    )
  }

  /** EXPN; the event Expand for each line of the reply. @throws {IPWorksError} 161 */
  expand(emailAddress: string, callback?: Callback<void>): Promise<void> {
    return this.#run('Expand', callback, () =>
      this.#overLink(emailAddress, 'expand()', async (link) => {
        const reply = await link.session.expn(emailAddress)
        link.heard(reply)
        for (const address of accepted(reply, 'EXPN').lines) this.#state.events.fire('Expand', { address })
      }),
    )
  }

  /** One command as it stands; what the server says is in `lastReply`, whatever it says. @throws {IPWorksError} 1117 */
  sendCommand(command: string, callback?: Callback<void>): Promise<void> {
    return this.#run('SendCommand', callback, async () => {
      if (typeof command !== 'string' || command === '') throw invalidArgument('sendCommand()', 'takes a command')
      const link = this.#state.link
      if (!link?.isOpen) throw new IPWorksError(1117, '1117: not connected; call connect() first')
      link.begin()
      link.heard(await link.session.raw(command))
    })
  }

  /** Writes the message into a folder, durably. @returns the name of the file; for `*` the text it would hold. @throws {IPWorksError} 164, 165, 303 */
  queue(queueDir: string, callback?: Callback<string>): Promise<string> {
    return this.#run('Queue', callback, async () => {
      const { values } = this.#state
      const stream = this.#takeStream()
      const stop = (this.#stop = new AbortController())
      try {
        checkFolder(queueDir)
        checkRecipients(values)
        if (stream) checkUnread(stream) // before the folder is touched
        return await queueMessage(values, queueDir, stream, stop.signal)
      } finally {
        this.#stop = undefined
        stop.abort()
        if (stream && values.config('CloseStreamAfterTransfer')) closeStream(stream)
      }
    })
  }

  /** Sends what lies in a folder, over one connection. The first that fails ends it. @throws {IPWorksError} 303, 161, ... */
  processQueue(queueDir: string, callback?: Callback<void>): Promise<void> {
    return this.#run('ProcessQueue', callback, async () => {
      checkFolder(queueDir)
      this.#tellDropped()
      const own = !this.#state.link?.isOpen
      const stop = (this.#stop = new AbortController())
      try {
        await processSpool(queueDir, {
          values: this.#state.values,
          events: this.#state.events,
          signal: stop.signal,
          connected: async () => {
            const link = own ? await this.#open() : this.#state.link!
            link.begin()
            return link
          },
        })
      } finally {
        this.#stop = undefined
        if (own) await this.#close()
      }
    })
  }

  /**
   * The body of the next message, in place of `message` and `messageText`: from where the stream stands to its end. One that cannot be read is
   * 302 of the method that sends it.
   * @throws {IPWorksError} 10022 for what is no stream
   */
  setMessageStream(stream: BodyStream, callback?: Callback<void>): void {
    answer(callback, () => {
      const isOne = typeof stream === 'object' && stream !== null && Symbol.asyncIterator in stream
      if (!isOne) throw invalidArgument('setMessageStream()', 'takes a Readable or an async iterable of octets')
      this.#state.stream = stream
    })
  }

  /** Ends what is under way: it rejects with 301. Without effect while nothing is. */
  interrupt(callback?: Callback<void>): void {
    answer(callback, () => {
      if (this.#state.busy !== undefined) this.#end('interrupted')
    })
  }

  /** Resolves when the events that wait have been delivered; after one second also when a handler is still at work. */
  doEvents(callback?: Callback<void>): Promise<void> {
    return answerLater(callback, () => this.#eventsDone())
  }

  /** Every property and setting as it was in the beginning; ends the connection. @throws {IPWorksError} 166 */
  reset(callback?: Callback<void>): void {
    answer(callback, () => {
      this.#refuseWhileBusy()
      const { link } = this.#state
      this.#state.link = undefined
      void link?.close()
      this.#state.forget()
    })
  }

  /** Empties what becomes a header field, the recipients with it. */
  resetHeaders(callback?: Callback<void>): void {
    answer(callback, () => {
      this.#state.values.resetHeaders()
      this.#state.lastHeader = undefined
    })
  }

  /** What it is, for a log: no setting that could be a secret. */
  [inspect.custom](): string {
    const { mailServer, mailPort, connected, idle } = this
    return `SMTP { mailServer: ${inspect(mailServer)}, mailPort: ${mailPort}, connected: ${connected}, idle: ${idle} }`
  }

  /**
   * For `await using`: interrupts the method that is at work and waits for its end, then QUIT and the end of the connection. Does not reject
   * because of that method.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.busy !== undefined) {
      this.interrupt()
      await this.#working?.catch(() => {}) // told to who called it
    }
    await this.#close()
  }

  /** One method at a time, within its time, in the numbers of the document. */
  #run<T>(method: string, callback: Callback<T> | undefined, work: () => Promise<T>): Promise<T> {
    return answerLater(callback, () => {
      const isFree = this.#state.busy === undefined
      const working = this.#work(method, work)
      if (isFree) this.#working = working
      return working
    })
  }

  async #work<T>(method: string, work: () => Promise<T>): Promise<T> {
    if (this.#state.busy === 'Connect' && method === 'Connect')
      throw new IPWorksError(1105, '1105: already connecting; wait for the first connect()')
    this.#refuseWhileBusy()
    const { events } = this.#state
    this.#state.busy = method
    this.#ended = undefined
    events.methodBegins()
    const absolute = this.#state.values.config('AbsoluteTimeout') ? this.#state.values.property('Timeout') : 0
    const timer = absolute > 0 ? setTimeout(() => this.#end('timeout'), absolute * 1000) : undefined
    try {
      return await work()
    } catch (error) {
      if (!this.#state.link?.isOpen) this.#drop() // what ended it is told now
      throw failureOf(error, { ended: this.#ended, inTransaction: method !== 'Connect', command: VERBS[method] })
    } finally {
      const { link } = this.#state
      // 421 was the reply to what was asked (RFC 5321 3.8): a server that leaves the end of the connection to the client is not kept waiting
      if (link && !link.isOpen && !link.failure) this.#drop()
      link?.rest()
      const pending = events.settled()
      if (pending && !this.#ended) await this.#unlessEnded(pending)
      clearTimeout(timer)
      this.#state.busy = undefined
    }
  }

  #refuseWhileBusy(): void {
    if (this.#state.busy === undefined) return
    throw new IPWorksError(166, `166: ${this.#state.busy} is at work; wait for it, or call interrupt()`)
  }

  #end(reason: 'interrupted' | 'timeout'): void {
    this.#ended ??= reason
    if (this.#giveUp) return this.#giveUp() // its work is done, and the connection is none the worse
    this.#stop?.abort()
    if (this.#state.busy !== 'Queue') this.#state.link?.cut(reason) // that one has nothing to do with the connection
  }

  /** A handler that never ends is not waited for once the method was ended. */
  async #unlessEnded(pending: Promise<void>): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#giveUp = resolve))
    await Promise.race([pending, ended])
    this.#giveUp = undefined
  }

  async #eventsDone(): Promise<void> {
    const { events } = this.#state
    const byHandler = events.isCalling
    await new Promise((resolve) => setImmediate(resolve))
    if (byHandler || !events.delivered) return
    // a handler that waited for something before it called would wait for itself
    let timer: NodeJS.Timeout | undefined
    await Promise.race([events.delivered, new Promise((resolve) => (timer = setTimeout(resolve, MAX_EVENTS_MS)))])
    clearTimeout(timer)
  }

  async #open(): Promise<Link> {
    this.#drop()
    const link = new Link(this.#state.values, this.#state.events, this.#state.remembered)
    this.#state.link = link
    await link.open()
    return link
  }

  /** Until it is closed it can be cut. */
  async #close(): Promise<void> {
    const link = this.#state.link
    await link?.close()
    if (this.#state.link === link) this.#state.link = undefined
  }

  #drop(): void {
    this.#state.link?.drop()
    this.#state.link = undefined
  }

  /** A command over the connection that is there, or over one of its own that ends with it. */
  async #overLink(argument: unknown, name: string, work: (link: Link) => Promise<void>): Promise<void> {
    if (typeof argument !== 'string' || !/^[ -~]+$/.test(argument))
      throw invalidArgument(name, 'takes a name or an address in printable ASCII')
    this.#tellDropped()
    const own = !this.#state.link?.isOpen
    try {
      const link = own ? await this.#open() : this.#state.link!
      link.begin()
      await work(link)
    } finally {
      if (own) await this.#close()
    }
  }

  async #send(): Promise<void> {
    const { values, events } = this.#state
    const verb = VERBS[this.#state.busy!] ?? 'MAIL'
    const own = !this.#state.link?.isOpen
    const stream = this.#takeStream()
    this.#stop = stream && new AbortController()
    try {
      // before anything is connected
      if (own) {
        serverName(values)
        checkRecipients(values)
      }
      if (stream) checkUnread(stream)
      if (verb !== 'MAIL' && !values.property('AllowExtensions')) {
        throw new IPWorksError(211, `211: ${verb} needs AllowExtensions; HELO says nothing of it`)
      }
      this.#tellDropped()
      const link = own ? await this.#open() : this.#state.link!
      link.begin()
      const { message, receipt } = transact({ values, events, link, verb, stream, signal: this.#stop?.signal })
      tellRefused(await receipt, link, events)
      this.#state.last = message
      this.#state.lastHeader = message.header
    } catch (error) {
      if (!this.#mayStay(own, error)) await this.#close()
      throw error
    } finally {
      this.#stop?.abort()
      this.#stop = undefined
      if (stream && values.config('CloseStreamAfterTransfer')) closeStream(stream)
    }
    if (own) await this.#close()
  }

  /** A connection that was made for several messages, and ended between them, is missed once. @throws {IPWorksError} 1120, or that of the system */
  #tellDropped(): void {
    const failure = this.#state.link?.failure
    if (failure && !this.#state.link?.isOpen) throw failureOf(failure, { inTransaction: false })
  }

  /** Behind a clean refusal the connection can go on, and does, unless RSET is not to be sent. */
  #mayStay(own: boolean, error: unknown): boolean {
    if (!(error instanceof PosthornError) || error.reply === undefined) return !own
    return this.#state.values.config('SendRSET')
  }

  #takeStream(): BodyStream | undefined {
    const stream = this.#state.stream
    this.#state.stream = undefined
    return stream
  }
}

/** No event is longer waited for by `doEvents()`, in milliseconds. */
const MAX_EVENTS_MS = 1_000

function checkFolder(path: unknown): void {
  if (typeof path !== 'string' || path === '') throw invalidArgument('The folder', 'must be a path')
}
