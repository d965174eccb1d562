import type { Socket } from 'node:net'
import { SettingsError, type PosthornError, type Reply } from '@posthorn/ground'
import type { TlsFacts } from '@posthorn/net'
import { command, type Command } from './command.js'
import type { SessionSendOptions, Submission } from './envelope.js'
import type { Extensions } from './extensions.js'
import { isIntermediate, isPositive } from './fault.js'
import { hideMeaning, rawCommand } from './raw-command.js'
import type { Receipt } from './receipt.js'
import { Sends } from './sends.js'
import { sessionEnd } from './session-end.js'
import { SessionWork, type SessionOwner } from './session-work.js'
import type { Session } from './session.js'
import type { Signals } from './signals.js'
import { Turns } from './turns.js'

/**
 * A session of one's own, for single commands (what an operator types at a server) and for messages. A command resolves with the reply,
 * whatever it says; only the end of the connection rejects. One thing at a time, in the order of the calls.
 */
export class SmtpSession {
  readonly #session: Session
  readonly #turns = new Turns()
  readonly #sends: Sends

  /** @internal */
  constructor(session: Session, owner: SessionOwner, signals: Signals) {
    this.#session = session
    this.#sends = new Sends(new SessionWork(session, owner, this.#turns), session.options.deadlineMs, signals)
  }

  /** What EHLO offered, under TLS when there is TLS. */
  get extensions(): Extensions {
    return this.#session.extensions
  }

  get secure(): boolean {
    return this.#session.secure
  }

  get authenticated(): boolean {
    return this.#session.login?.done === true
  }

  /** The connection, for its facts: addresses, the certificate of the other side, `unref`. Whoever writes to it breaks the session. */
  get socket(): Socket {
    return this.#session.wire.socket
  }

  /** What was agreed on with the server, under TLS. */
  get tls(): TlsFacts | undefined {
    return this.#session.tls
  }

  /** True while the connection stands and the server has not announced its end. */
  get alive(): boolean {
    return this.#session.alive
  }

  /** A transaction is open, as far as `send` knows: a failed one that was not reset. The next `send` begins with RSET then. */
  get dirty(): boolean {
    return this.#session.dirty
  }

  /** Why the connection has ended; undefined while it stands. */
  get failure(): PosthornError | undefined {
    return this.#session.wire.failure
  }

  /** The reply 421 by which the server announced the end (RFC 5321 3.8), whatever it answered. */
  get farewell(): Reply | undefined {
    return this.#session.wire.closing
  }

  /** Resolves once the connection has ended, in the same turn of the event loop in which the socket reports it. */
  get ended(): Promise<void> {
    return this.#session.wire.ended
  }

  /**
   * Sends one message on this session. Everything holds that is said of `SmtpClient.send`, with these differences: it is never tried again
   * on another connection, so that recipients are `notSent` when this one ends, or `unknown` when the last octet of content was out;
   * limits of the pool do not count; a deadline or a signal ends the session with it, unless nothing of it was sent yet. Recipients for
   * whom the server has no room in one transaction (LIMITS, 452) go in further ones.
   * @throws as `SmtpClient.send`; {SettingsError} `recipients.too-many` also for recipients that do not fit on one connection
   */
  send(submission: Submission, options: SessionSendOptions = {}): Promise<Receipt> {
    for (const name of ['reset', 'resetAfterFailure'] as const) {
      if (options[name] === undefined || typeof options[name] === 'boolean') continue
      return Promise.reject(
        new SettingsError('settings.value', name, 'must be true or false', {
          hint: 'Correct the value, or leave it out.',
        }),
      )
    }
    return this.#sends.send(submission, options)
  }

  /**
   * Sets `timeouts.silentMs` for this session, for what is called from here on.
   * @throws {SettingsError} `settings.number`
   */
  allowSilence(silentMs: number): void {
    if (!(Number.isInteger(silentMs) && silentMs > 0 && silentMs < 2 ** 31)) {
      throw new SettingsError('settings.number', 'silentMs', 'must be a positive number of milliseconds below 2^31', {
        hint: 'Correct the value.',
      })
    }
    this.#session.allowSilence(silentMs)
  }

  /** Resolves when what was called before is done: with a refused message also the RSET behind it. Never rejects. */
  settled(): Promise<void> {
    return this.#turns.inTurn(() => Promise.resolve())
  }

  /** RFC 5321 4.1.1.9. */
  noop(text?: string): Promise<Reply> {
    return this.#command('noop', 'NOOP', text)
  }

  /** RFC 5321 4.1.1.5. */
  async rset(): Promise<Reply> {
    const reply = await this.#command('rset', 'RSET')
    if (isPositive(reply)) this.#session.dirty = false
    return reply
  }

  /** RFC 5321 4.1.1.6: asks whether the server knows a user or mailbox. */
  vrfy(text: string): Promise<Reply> {
    return this.#command('command', 'VRFY', text)
  }

  /** RFC 5321 4.1.1.7: asks for the members of a mailing list. */
  expn(text: string): Promise<Reply> {
    return this.#command('command', 'EXPN', text)
  }

  /** RFC 5321 4.1.1.8. */
  help(topic?: string): Promise<Reply> {
    return this.#command('command', 'HELP', topic)
  }

  /**
   * Any one command line, without CRLF. With `secret` the trail shows its verb alone, and nothing of an answer to 334 or of the initial
   * response of AUTH in any case, unless `trailSecrets`.
   */
  raw(line: string, { secret = false }: { readonly secret?: boolean } = {}): Promise<Reply> {
    return this.#turns.inTurn(async () => {
      const raw = rawCommand(line, { secret, challenged: this.#session.challenged })
      hideMeaning(raw, this.#session.wire.hidden)
      return this.#exchange(raw)
    })
  }

  /** QUIT and the end of the connection, once what was called before it is done; never rejects. */
  quit(): Promise<void> {
    return this.#turns.inTurn(() => this.#session.quit())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.quit()
  }

  #command(phase: 'noop' | 'rset' | 'command', verb: string, argument?: string): Promise<Reply> {
    return this.#turns.inTurn(async () =>
      this.#exchange(command(phase, argument === undefined ? verb : `${verb} ${argument}`)),
    )
  }

  async #exchange(command: Command): Promise<Reply> {
    const end = sessionEnd(this.#session)
    if (end) throw end
    const reply = await this.#session.exchange(command)
    this.#session.challenged = isIntermediate(reply) && reply.code !== 354 // that one asks for content
    return reply
  }
}
