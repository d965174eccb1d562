import { replyText, unlessAborted, type PosthornError, type Reply } from '@posthorn/ground'
import type { ServerCertificateFacts, TlsRecord } from '@posthorn/net'
import { SmtpClient, type SmtpOptions, type SmtpSession, type TrailEvent } from '@posthorn/smtp'
import type { EventQueue } from './event-queue.js'
import { failureOf } from './failure.js'
import { IPWorksError } from './ipworks-error.js'
import type { Remembered } from './remembered.js'
import { localName } from './road/hello.js'
import { serverAuthentication, verdictOf } from './road/server-authentication.js'
import { smtpOptions } from './road/smtp-options.js'
import { connectMs, silenceMs } from './road/socket-options.js'
import { errorText } from './table/errors.js'
import type { ComponentEvents } from './table/events.js'
import { TrailEvents } from './trail-events.js'
import { Certificate } from './type/certificate.js'
import type { ComponentValues } from './values.js'

/** One connection of a component, from the settings to its end: the engine's session, told as the class tells it. */
export class Link {
  readonly #values: ComponentValues
  readonly #events: EventQueue<ComponentEvents>
  readonly #remembered: Remembered
  readonly #trail: TrailEvents
  #client: SmtpClient | undefined
  #session: SmtpSession | undefined
  #opening = false
  #listening = false
  /** The silence that is allowed now. */
  #silentMs: number
  /** Aborted by `cut`: for what is waited for before there is a client. */
  readonly #cutting = new AbortController()
  /** Why the class ended it. */
  #cut: 'interrupted' | 'timeout' | undefined
  #quitting = false
  /** 421, before anybody asked for the end. */
  #farewell: Reply | undefined
  /** It does not keep the process alive between two methods. */
  #daemon = false
  /** What the server was told in EHLO, for Message-IDs; empty: its own address. */
  localName = ''
  /** Messages begun on it. */
  carried = 0

  constructor(values: ComponentValues, events: EventQueue<ComponentEvents>, remembered: Remembered) {
    this.#values = values
    this.#events = events
    this.#remembered = remembered
    this.#trail = new TrailEvents(events, () => values.config('MaxLineLength'))
    this.#silentMs = silenceMs(values)
  }

  /** True from the end of the login until the connection ends. */
  get isOpen(): boolean {
    return this.#session?.alive === true && !this.#quitting
  }

  /** Why it has ended, once it was open and did not end as it was asked to. */
  get failure(): PosthornError | undefined {
    return this.#quitting || this.#cut ? undefined : this.#session?.failure
  }

  /** True while it is made. */
  get isOpening(): boolean {
    return this.#opening
  }

  /** Once it is open. */
  get session(): SmtpSession {
    return this.#session!
  }

  /** @throws {IPWorksError | PosthornError} */
  async open(): Promise<void> {
    this.#opening = true
    try {
      await this.#open()
    } finally {
      this.#opening = false
    }
  }

  async #open(): Promise<void> {
    const remembered = this.#remembered
    remembered.serverCertificate = new Certificate()
    remembered.tls = undefined
    const values = this.#values
    this.localName = localName(values.config('Hello')) ?? ''
    this.#daemon = values.config('UseDaemonThreads')
    const options = await this.#options()
    this.#trail.beginsWithTls = options.security === 'implicit'
    this.#client = new SmtpClient(options)
    this.#listen(true)
    const session = await this.#client.session({ deadlineMs: Infinity }).catch((error: unknown) => {
      this.#trail.ended(failureOf(error, { ended: this.#cut, inTransaction: false }))
      throw error
    })
    this.#session = session
    void session.ended.then(() => this.#onEnd(session.failure))
    this.#listen(false)
  }

  /** What is done before there is a client that keeps its times: a token may ask for a PIN, and a name server be silent. */
  async #options(): Promise<SmtpOptions> {
    const values = this.#values
    const { signal } = this.#cutting
    const limitMs = connectMs(values)
    const late = `Timeout: to open SSLCert and to look up LocalHost took longer than ${limitMs} ms`
    const timer = setTimeout(() => this.#cutting.abort(new IPWorksError(301, late, { reason: 'timeout' })), limitMs)
    try {
      const options = smtpOptions(values, {
        decide: this.#decide,
        onRecord: values.config('LogSSLPackets') ? this.#onRecord : undefined,
        sessions: this.#remembered.sessions,
        signal,
        note: (text) => {
          if (!signal.aborted) this.#noteOnce(text)
        },
      })
      return await unlessAborted(options, signal)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Before each method: the time allowed now, and whether anybody listens now. */
  begin(): void {
    if (this.#daemon) this.session.socket.ref()
    const silentMs = silenceMs(this.#values)
    if (silentMs !== this.#silentMs) this.session.allowSilence((this.#silentMs = silentMs))
    this.#listen(false)
  }

  /** After each method. [ipworks.config.UseDaemonThreads] */
  rest(): void {
    if (this.#daemon && this.isOpen) this.session.socket.unref()
  }

  /** Ends it by QUIT. */
  async close(): Promise<void> {
    this.#farewell = this.#session?.farewell
    this.#quitting = true
    this.#listen(true)
    await this.#session?.quit()
    await this.#client?.close({ now: true })
  }

  /** It is of no use any more, and is closed without a word. */
  drop(): void {
    void this.#client?.close({ now: true })
  }

  /** Ends it at once; what is under way fails. */
  cut(reason: 'interrupted' | 'timeout'): void {
    this.#cut ??= reason
    this.#cutting.abort()
    void this.#client?.close({ now: true })
  }

  /** Whether what passes is told; it always is while it opens and closes. */
  #listen(always: boolean): void {
    const wanted = always || this.#events.has('PITrail')
    if (wanted === this.#listening) return
    this.#listening = wanted
    if (wanted) this.#client?.on('trail', this.#onTrail)
    else this.#client?.off('trail', this.#onTrail)
  }

  /** A reply that is known although nobody listened. */
  heard(reply: Reply | undefined): void {
    if (reply) this.#remembered.lastReply = reply
  }

  note(text: string): void {
    this.#trail.note(text)
  }

  /** A setting stays what it is from one connection to the next; that somebody may listen only later is no reason to be silent. */
  #noteOnce(text: string): void {
    const { told } = this.#remembered
    if (told.has(text)) return
    if (this.#events.has('PITrail')) told.add(text)
    this.note(text)
  }

  readonly #onTrail = (event: TrailEvent): void => {
    if (event.type === 'reply') this.heard(event.reply)
    if (event.type === 'tls' && event.to === 'server') this.#remembered.tls = event
    this.#trail.tell(event)
  }

  readonly #onEnd = (failure: PosthornError | undefined): void => {
    const farewell = this.#quitting ? this.#farewell : this.session.farewell
    if (this.#quitting && !this.#cut && !farewell) return this.#trail.ended()
    const facts = { ended: this.#cut, inTransaction: true }
    // asked for or not, 421 is the reason, whatever the end looked like then (RFC 5321 3.8)
    const isReason = farewell && !this.#cut && failure?.code !== 'smtp.closing'
    this.#trail.ended(isReason ? endedBy(farewell) : failure && failureOf(failure, facts))
  }

  readonly #decide = async (facts: ServerCertificateFacts): Promise<boolean | undefined> => {
    this.#remembered.serverCertificate = Certificate.ofDer(facts.certificate.der)
    if (!this.#events.has('SSLServerAuthentication')) return undefined
    const event = serverAuthentication(facts, this.#values)
    try {
      await this.#events.ask('SSLServerAuthentication', event)
    } catch (cause) {
      const text = `a handler of SSLServerAuthentication failed for the certificate of ${facts.host}`
      throw new IPWorksError(280, `${errorText(280)}: ${text}; see the cause`, { cause })
    }
    return verdictOf(event, facts)
  }

  readonly #onRecord = ({ direction, type, octets }: TlsRecord): void => {
    this.#events.fire('SSLStatus', { message: `${direction === 'in' ? 'received' : 'sent'} ${type}, ${octets} octets` })
  }
}

function endedBy(reply: Reply): IPWorksError {
  return new IPWorksError(161, `161: the server ended the connection: ${replyText(reply)}`, { reply })
}

/** The reply, or error 161 where it refuses. @throws {IPWorksError} 161 */
export function accepted(reply: Reply, command: string): Reply {
  if (reply.code < 400) return reply
  throw new IPWorksError(161, `161: the server refused ${command}: ${replyText(reply)}`, { reply, command })
}
