import type { Reply } from '@posthorn/ground'
import { command } from './command.js'
import type { Extensions } from './extensions.js'
import type { Session } from './session.js'

/**
 * A session for single commands: what an operator types at a server. Each resolves with the reply, whatever it says; only the end of
 * the connection rejects. One command at a time.
 */
export class SmtpSession {
  readonly #session: Session
  #last: Promise<unknown> = Promise.resolve()

  /** @internal */
  constructor(session: Session) {
    this.#session = session
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

  /** RFC 5321 4.1.1.9. */
  noop(text?: string): Promise<Reply> {
    return this.#command('noop', 'NOOP', text)
  }

  /** RFC 5321 4.1.1.5. */
  rset(): Promise<Reply> {
    return this.#command('rset', 'RSET')
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

  /** Any one command line, without CRLF. With `secret` the trail shows its verb alone. */
  raw(line: string, options: { readonly secret?: boolean } = {}): Promise<Reply> {
    const shown = options.secret ? `${line.split(' ', 1)[0]} ***` : line
    return this.#inTurn(() => this.#session.exchange(command('command', line, shown)))
  }

  /** QUIT and the end of the connection; never rejects. */
  async quit(): Promise<void> {
    await this.#last.catch(() => {})
    await this.#session.quit()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.quit()
  }

  #command(phase: 'noop' | 'rset' | 'command', verb: string, argument?: string): Promise<Reply> {
    return this.#inTurn(() =>
      this.#session.exchange(command(phase, argument === undefined ? verb : `${verb} ${argument}`)),
    )
  }

  #inTurn(run: () => Promise<Reply>): Promise<Reply> {
    const turn = this.#last.then(run, run)
    this.#last = turn.catch(() => {})
    return turn
  }
}
