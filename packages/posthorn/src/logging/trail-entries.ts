import { replyText } from '@posthorn/ground'
import type { TrailEvent } from '@posthorn/smtp'
import type { LogEntry } from './log-entry.js'
import { trailLines, wayText } from './trail-text.js'

/** More sessions that are logging in at one moment are not named by their mechanism. */
const MAX_LOGINS = 1000

/** Makes entries of the trail: `info` for connect, TLS and login, `debug` for the dialogue itself. */
export class TrailEntries {
  /** The mechanism that each session is logging in with. */
  readonly #logins = new Map<string, string>()

  /** @param session by what name it is written down */
  of(event: TrailEvent, session: string): readonly LogEntry[] {
    const entry = (level: LogEntry['level'], name: string, text: string, facts?: LogEntry['facts']): LogEntry => ({
      level,
      event: name,
      text,
      facts: { session, ...facts },
    })
    const dialogue = () => trailLines(event).map((line) => entry('debug', event.type, line))
    switch (event.type) {
      case 'connect':
      case 'proxy':
        return [entry('info', event.type, wayText(event), { address: event.address, port: event.port })]
      case 'tls': {
        const { protocol, cipher, verified, fingerprint } = event
        return [entry('info', 'tls', wayText(event), { protocol, cipher, verified, fingerprint })]
      }
      case 'note':
        return [entry('info', 'note', event.text)]
      case 'command': {
        const mechanism = /^AUTH (\S{1,40})/i.exec(event.line)?.[1]
        if (mechanism !== undefined && this.#logins.size < MAX_LOGINS) this.#logins.set(session, mechanism)
        return dialogue()
      }
      case 'reply': {
        const { phase, reply } = event
        if (phase !== 'auth' || (reply.code >= 300 && reply.code < 400)) return dialogue()
        const mechanism = this.#logins.get(session)
        this.#logins.delete(session)
        const by = mechanism === undefined ? '' : ` by ${mechanism}`
        const login =
          reply.code < 300
            ? entry('info', 'login', `logged in${by}`, { mechanism })
            : entry('warn', 'login-refused', `the login${by} was refused: ${replyText(reply)}`, {
                mechanism,
                code: reply.code,
              })
        return [...dialogue(), login]
      }
      case 'close':
        this.#logins.delete(session)
        return dialogue()
      default:
        return dialogue()
    }
  }
}
