import { PosthornError, type ConnectError } from '@posthorn/ground'
import { randomBytes } from 'node:crypto'
import { proxyError } from '../proxy-error.js'
import type { ProxyPlan } from '../proxy-plan.js'
import { shown } from '../shown.js'
import { parseChallenges, type Challenge } from './challenge.js'
import { digestAnswer, digestStrength, type DigestRequest } from './digest.js'

/** What to send next. */
export interface Authorization {
  /** The value of `Proxy-Authorization`. */
  readonly value: string
  /** True when it only means something on the connection that the challenge came over (NTLM). */
  readonly sameConnection: boolean
}

/** Of one login: without it, 407, NTLM's challenge, and nonces that ran out. */
export const MAX_REQUESTS = 6

/** A nonce may run out between the challenge and its answer; a proxy whose nonces are always stale is broken. */
const MAX_STALE = 2

/**
 * The login to an HTTP proxy (RFC 9110 11.7): one run of Basic (RFC 7617), Digest (RFC 7616) or NTLM (MS-NTHT). Without a wish of the
 * caller nothing is sent before the proxy asks, and then the strongest it offers. A refused login is not tried another way: the password
 * would only go out again, in a weaker form.
 */
export class HttpLogin {
  readonly #plan: ProxyPlan
  #sent: 'basic' | 'digest' | 'ntlm-negotiate' | 'ntlm-authenticate' | undefined
  #stale = 0
  #negotiate: Uint8Array | undefined
  /** What was sent; a proxy that repeats it must not put it into an error. */
  readonly #secrets: string[] = []

  constructor(plan: ProxyPlan) {
    this.#plan = plan
  }

  /** For the first request: only what the caller has named, and what needs no challenge. */
  async first(): Promise<Authorization | undefined> {
    const { authentication } = this.#plan
    if (authentication === 'basic') return this.#basic()
    if (authentication === 'ntlm') return this.#ntlmNegotiate()
    return undefined
  }

  /**
   * The answer to a 407.
   * @param fields the values of `Proxy-Authenticate`
   * @param line the status line, for the error
   * @throws {ConnectError} `proxy.authentication-required`, `proxy.authentication-refused`, `proxy.protocol`
   */
  async answer(fields: readonly string[], line: string, request: DigestRequest): Promise<Authorization> {
    const challenges = parseChallenges(fields)
    if (this.#sent === 'ntlm-negotiate') return this.#ntlmAuthenticate(challenges, line)
    if (this.#sent === 'digest') {
      const renewed = digestIn(challenges)
      if (renewed?.parameters.get('stale')?.toLowerCase() === 'true' && ++this.#stale <= MAX_STALE) {
        return this.#digest(renewed, request)
      }
    }
    if (this.#sent !== undefined) throw this.#refused(line)
    return this.#begin(challenges, line, request)
  }

  /** What the proxy says, fit for a message. */
  shown(text: string): string {
    return shown(text, this.secrets())
  }

  /** What must not be repeated. */
  secrets(): readonly string[] {
    return [this.#plan.password.reveal(), ...this.#secrets]
  }

  #begin(
    challenges: readonly Challenge[],
    line: string,
    request: DigestRequest,
  ): Promise<Authorization> | Authorization {
    const { user, authentication } = this.#plan
    const may = (scheme: string) => authentication === 'auto' || authentication === scheme
    if (user !== undefined && authentication !== 'none') {
      const digest = may('digest') ? digestIn(challenges) : undefined
      if (digest) return this.#digest(digest, request)
      if (may('ntlm') && challenges.some(({ scheme }) => scheme === 'ntlm')) return this.#ntlmNegotiate()
      // Basic ends the user at the first colon (RFC 7617 2)
      if (may('basic') && !user.includes(':') && challenges.some(({ scheme }) => scheme === 'basic'))
        return this.#basic()
    }
    throw this.#required(challenges, line)
  }

  #basic(): Authorization {
    this.#sent = 'basic'
    const { user = '', password } = this.#plan
    return this.#made('Basic', Buffer.from(`${user}:${password.reveal()}`).toString('base64'), false)
  }

  #digest(challenge: Challenge, request: DigestRequest): Authorization {
    this.#sent = 'digest'
    const { user = '', password } = this.#plan
    const fresh = { cnonce: randomBytes(16).toString('base64'), count: 1 } // each nonce is used once
    const value = digestAnswer(challenge, { user, password: password.reveal() }, request, fresh)
    return { value, sameConnection: false }
  }

  async #ntlmNegotiate(): Promise<Authorization> {
    const { ntlmNegotiate } = await import('@posthorn/sasl')
    this.#sent = 'ntlm-negotiate'
    this.#negotiate = ntlmNegotiate(this.#plan.ntlm)
    return { value: `NTLM ${Buffer.from(this.#negotiate).toString('base64')}`, sameConnection: false }
  }

  async #ntlmAuthenticate(challenges: readonly Challenge[], line: string): Promise<Authorization> {
    const token = challenges.find(({ scheme }) => scheme === 'ntlm')?.token
    if (token === undefined) throw this.#refused(line) // it does not go on: it does not want this user's NTLM at all
    const { ntlmAuthenticate } = await import('@posthorn/sasl')
    const { user = '', password, ntlm, target } = this.#plan
    this.#sent = 'ntlm-authenticate'
    try {
      const message = ntlmAuthenticate({
        challenge: Buffer.from(token, 'base64'),
        user,
        password: password.reveal(),
        domain: ntlm?.domain,
        settings: ntlm,
        negotiate: this.#negotiate,
        targetName: `HTTP/${target.host}`,
      })
      return this.#made('NTLM', Buffer.from(message).toString('base64'), true)
    } catch (error) {
      if (!(error instanceof PosthornError)) throw error
      throw proxyError('proxy.protocol', `the NTLM challenge of the proxy ${this.#plan.name}: ${error.message}`, error)
    }
  }

  #made(scheme: string, token: string, sameConnection: boolean): Authorization {
    this.#secrets.push(token)
    return { value: `${scheme} ${token}`, sameConnection }
  }

  #refused(line: string): ConnectError {
    const scheme = { basic: 'Basic', digest: 'Digest', 'ntlm-negotiate': 'NTLM', 'ntlm-authenticate': 'NTLM' }
    const what = `does not accept the login by ${scheme[this.#sent ?? 'basic']}`
    return proxyError('proxy.authentication-refused', `the proxy ${this.#plan.name} ${what}: ${this.shown(line)}`)
  }

  #required(challenges: readonly Challenge[], line: string): ConnectError {
    const { name, user, authentication } = this.#plan
    const offered = [...new Set(challenges.map(offeredAs))].join(', ')
    const why =
      user === undefined
        ? 'and no user is set'
        : authentication === 'auto'
          ? 'and none of it can be used'
          : `and the setting allows ${authentication}`
    const what =
      offered === ''
        ? `wants a login and does not say which (no Proxy-Authenticate): ${this.shown(line)}`
        : `wants a login by ${this.shown(offered)}, ${why}: ${this.shown(line)}`
    return proxyError('proxy.authentication-required', `the proxy ${name} ${what}`)
  }
}

function digestIn(challenges: readonly Challenge[]): Challenge | undefined {
  const usable = challenges.filter((each) => each.scheme === 'digest' && digestStrength(each) > 0)
  return usable.reduce<Challenge | undefined>(
    (best, each) => (best && digestStrength(best) >= digestStrength(each) ? best : each),
    undefined,
  )
}

function offeredAs({ scheme, parameters }: Challenge): string {
  const algorithm = scheme === 'digest' ? parameters.get('algorithm') : undefined
  return algorithm === undefined ? scheme : `${scheme} (${algorithm})`
}
