import { EventEmitter } from 'node:events'
import { isIP } from 'node:net'
import {
  checkDeadline,
  InvariantError,
  ProtocolError,
  PosthornError,
  SettingsError,
  startDeadline,
  unlessAborted,
} from '@posthorn/ground'
import { MtaStsPolicies, relayPolicy, type RelayPolicy } from '@posthorn/net/policy'
import { webRequest, type SendWebRequest } from '@posthorn/net/web'
import { parseMailbox, type Receipt, type Recipient, type SendOptions } from '@posthorn/smtp'
import type { SmtpClient, Submission, TrailEvent } from '@posthorn/smtp'
import { delayedAtTls } from './delayed-failure.js'
import { together } from './direct-delivery.js'
import { checkDirectOptions, localNameWarning, type DirectOptions } from './direct-options.js'
import { resolverOverHttps, systemResolver, type DirectResolver } from './direct-resolver.js'
import { deliverToDomain, type DomainTerms } from './domain-delivery.js'
import { mailRoute, type MailRoute } from './mail-route.js'
import { openedAnew } from './opened-anew.js'
import { ServerClients } from './server-clients.js'
import { waysTo } from './server-way.js'
import { Turnstile } from './turnstile.js'
import { WatchedSignals } from './watched-signals.js'

const DEADLINE_MS = 300_000
/** Servers whose sessions are kept. */
const MAX_SERVERS = 100
/** Domains that are served at one moment, and messages to one of them. */
const AT_ONCE = 200
const AT_ONCE_TO_DOMAIN = 20
/** A route counts for so long, so that the messages of one minute share the sessions of one server. */
const ROUTE_MS = 60_000
const MAX_ROUTES = 10_000

interface KnownRoute {
  readonly route: MailRoute
  readonly until: number
  readonly policies: Map<string, RelayPolicy>
}

/**
 * Sends without a relay: to the servers of each recipient's domain (RFC 5321 5.1), with the face of `SmtpClient`. Recipients are grouped by
 * domain, and each domain gets the message by itself; the receipt has them in the order of the envelope, each a `DirectDelivery`.
 *
 * DANE (RFC 7672) and MTA-STS (RFC 8461) of the domains are kept; where there is neither, TLS is used if it is offered and nobody is
 * authenticated, as between mail servers. Nothing is queued: what is refused for now comes back as an error or a delivery to be tried again.
 *
 * What works with a relay may not work so: most networks at home and in clouds block port 25, and servers refuse mail from addresses without
 * a name, SPF and a good reputation. A server that turns out to be this machine is not recognised.
 */
export class DirectClient {
  readonly #options: DirectOptions
  readonly #resolver: DirectResolver
  readonly #clock: () => number
  readonly #mtaSts: MtaStsPolicies | undefined
  readonly #clients: ServerClients
  readonly #terms: DomainTerms
  readonly #events = new EventEmitter<{ trail: [TrailEvent] }>()
  readonly #routes = new Map<string, KnownRoute>()
  readonly #all = new Turnstile(AT_ONCE)
  readonly #domains = new Map<string, Turnstile>()
  readonly #sends = new Set<Promise<unknown>>()
  readonly #signals = new WatchedSignals()
  /** What can be told to stop. */
  readonly #underWay = new Set<AbortController>()
  #isClosed = false
  #isNameTold = false

  /** @throws {SettingsError} `direct.*` for what has no place here; naming the option that is wrong */
  constructor(options: DirectOptions) {
    checkDirectOptions(options)
    const { smtp, direct = {}, clock = Date.now } = options
    const { proxy, resolve } = smtp
    const request: SendWebRequest =
      options.request ?? ((asked) => webRequest(asked, { proxy, resolve, timeoutMs: 60_000, maxOctets: 1_000_000 }))
    this.#options = options
    this.#clock = clock
    this.#resolver =
      options.resolver ??
      (direct.dnsOverHttps === undefined ? systemResolver() : resolverOverHttps({ url: direct.dnsOverHttps, request }))
    const { resolveTxt } = this.#resolver
    this.#mtaSts =
      direct.mtaSts === 'off'
        ? undefined
        : new MtaStsPolicies({ resolveTxt, request, store: options.mtaStsStore, now: clock })
    this.#clients = new ServerClients(MAX_SERVERS, (event) => this.#emit(event))
    this.#terms = {
      smtp: this.#resolver.resolveAddresses && !resolve ? { ...smtp, resolve: this.#resolver.resolveAddresses } : smtp,
      clients: this.#clients,
      route: (domain, signal) => this.#route(domain, signal),
      forget: (domain) => void this.#routes.delete(domain),
      policy: (route, server, requireTls, signal) => this.#policy(route, server, requireTls, signal),
      note: (text) => this.#note(text),
      clock,
    }
  }

  /** Sessions and messages at this moment, over all servers. */
  get counts(): SmtpClient['counts'] {
    return this.#clients.counts
  }

  /** Tells the protocol trail of every session; what happens before there is one, such as MX and policies, has session 0. */
  on(event: 'trail', listener: (event: TrailEvent) => void): this {
    this.#events.on(event, listener)
    this.#clients.isWatched = true
    return this
  }

  off(event: 'trail', listener: (event: TrailEvent) => void): this {
    this.#events.off(event, listener)
    this.#clients.isWatched = this.#events.listenerCount('trail') > 0
    return this
  }

  /**
   * Sends one message. Resolves when at least one recipient was delivered; the receipt tells of each.
   * @throws {SettingsError} when the message cannot be sent as it is; `direct.all-or-none` when recipients of several domains are all to get it
   * or none; `direct.closed`
   * @throws {PosthornError} when nobody got it, with `receipt` (see `isSendFailure`): of one domain as `SmtpClient.send`, or `direct.null-mx`,
   * `direct.no-domain`, `direct.no-server`, `direct.mx-lookup`, `policy.*`; of several `direct.undelivered`
   */
  async send(submission: Submission, options: SendOptions = {}): Promise<Receipt> {
    if (this.#isClosed) throw closed()
    const sending = this.#send(submission, options)
    const settled = sending.catch(() => {}) // told to the caller
    this.#sends.add(settled)
    try {
      return await sending
    } finally {
      this.#sends.delete(settled)
    }
  }

  /**
   * Proves that a domain's mail could be handed over: DNS, policy, connection, TLS and EHLO with the first server that takes the session; sends
   * no mail.
   * @param options `domain`: whose servers are asked; default `verifyDomain`
   * @throws {SettingsError} `direct.verify-domain` when there is no domain to ask; otherwise as `send`, without receipt
   */
  async verify(
    options: { readonly signal?: AbortSignal; readonly deadlineMs?: number; readonly domain?: string } = {},
  ): Promise<void> {
    if (this.#isClosed) throw closed()
    const domain = options.domain ?? this.#options.verifyDomain
    if (domain === undefined) {
      throw new SettingsError(
        'direct.verify-domain',
        'domain',
        'is missing: without a relay there is nobody else to ask',
        {
          hint: 'Give the domain whose servers are to be asked, or set sender.from.',
        },
      )
    }
    await this.#within(options, (signal) => this.#verify(parseMailbox(`postmaster@${domain}`, 'domain').domain, signal))
  }

  /** Takes no further sends, waits for those under way, then ends every session by QUIT. `now`: they fail at once instead. */
  async close(options: { readonly now?: boolean } = {}): Promise<void> {
    this.#isClosed = true
    if (options.now === true) for (const over of this.#underWay) over.abort(closedNow())
    await Promise.all(this.#sends)
    await this.#clients.close(options.now === true)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #send({ envelope, content }: Submission, options: SendOptions): Promise<Receipt> {
    const groups = byDomain(envelope)
    const all = options.recipients === 'all'
    if (groups.size > 1 && (all || envelope.recipients.some((each) => typeof each === 'object' && each.required))) {
      throw new SettingsError(
        'direct.all-or-none',
        'recipients',
        `cannot be all or none across ${groups.size} domains: one server has the message before the next is asked`,
        { hint: 'Send to each domain by itself, leave the requirement out, or hand it to a relay.' },
      )
    }
    this.#tellName()
    const count = envelope.recipients.length
    return this.#within(options, async (signal) => {
      const source = await openedAnew(content, signal)
      try {
        const jobs = [...groups].map(([domain, recipients]) =>
          this.#inTurn(domain, signal, () =>
            deliverToDomain({ domain, recipients, envelope, content: source.content, all, signal }, this.#terms),
          ),
        )
        return together(await Promise.all(jobs), count)
      } finally {
        source.release()
      }
    })
  }

  async #verify(domain: string, signal: AbortSignal): Promise<void> {
    const route = await this.#route(domain, signal)
    this.#note(route.says)
    let failure: unknown
    for (const server of route.servers) {
      const policy = await this.#policy(route, server, false, signal)
      failure = policy.refuse
      if (policy.refuse) continue
      for (const way of waysTo(server, policy, this.#terms.smtp, route.by === 'literal')) {
        this.#note(way.says)
        try {
          return await this.#clients.use(way.key, way.options, (client) => client.verify({ signal }))
        } catch (error) {
          if (signal.aborted || error instanceof SettingsError) throw error
          failure = error instanceof PosthornError ? delayedAtTls(error, way) : error
        }
      }
    }
    throw failure
  }

  /** So many at a time, and so many to one domain; a wait that is cut short is a delivery that failed. */
  async #inTurn<T>(domain: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turnstile = this.#domains.get(domain) ?? new Turnstile(AT_ONCE_TO_DOMAIN)
    this.#domains.set(domain, turnstile)
    try {
      return await turnstile
        .pass(signal, () => this.#all.pass(signal, work))
        .catch((error: unknown) => {
          if (signal.aborted && error === signal.reason) return work() // which says so for each recipient, and does nothing
          throw error
        })
    } finally {
      if (turnstile.idle) this.#domains.delete(domain)
    }
  }

  async #route(domain: string, signal: AbortSignal): Promise<MailRoute> {
    const known = this.#routes.get(domain)
    if (known && known.until > this.#clock()) return known.route
    const { random = Math.random } = this.#options
    const route = await unlessAborted(mailRoute(domain, this.#resolver, random, signal), signal)
    this.#routes.delete(domain)
    this.#routes.set(domain, { route, until: this.#clock() + ROUTE_MS, policies: new Map() })
    const [oldest] = this.#routes.keys()
    if (this.#routes.size > MAX_ROUTES && oldest !== undefined) this.#routes.delete(oldest)
    return route
  }

  async #policy(route: MailRoute, server: string, requireTls: boolean, signal: AbortSignal): Promise<RelayPolicy> {
    const known = this.#routes.get(route.domain)
    const key = `${requireTls ? '!' : ''}${server}`
    const kept = known?.route === route ? known.policies.get(key) : undefined
    if (kept) return kept
    const { dane } = this.#options.direct ?? {}
    const asked = relayPolicy({
      domain: route.domain,
      mxHost: server,
      mxSecure: route.secure && isIP(server) === 0,
      port: this.#options.smtp.port ?? 25,
      resolver: dane === 'off' ? undefined : this.#resolver.dnssec,
      mtaSts: route.by === 'literal' ? undefined : this.#mtaSts,
      requireTls,
      signal,
    })
    const policy = await unlessAborted(asked, signal)
    if (!policy.refuse && known?.route === route) known.policies.set(key, policy)
    return policy
  }

  /** One signal for the caller's, the deadline, and the end of this client. */
  async #within<T>(
    { signal, deadlineMs = this.#options.smtp.deadlineMs ?? DEADLINE_MS }: Pick<SendOptions, 'signal' | 'deadlineMs'>,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    checkDeadline(deadlineMs)
    const over = this.#signals.follow(signal)
    const timer = startDeadline(deadlineMs, () => over.abort(late(deadlineMs)))
    this.#underWay.add(over)
    try {
      return await work(over.signal)
    } catch (error) {
      throw error instanceof PosthornError ? error : new InvariantError('a send failed without a reason', error)
    } finally {
      clearTimeout(timer)
      this.#underWay.delete(over)
      this.#signals.leave(signal, over)
    }
  }

  #tellName(): void {
    if (this.#isNameTold || this.#events.listenerCount('trail') === 0) return
    this.#isNameTold = true
    const warning = localNameWarning(this.#options.smtp.localName)
    if (warning !== undefined) this.#note(warning)
    const { dane } = this.#options.direct ?? {}
    if (dane !== 'off' && !this.#resolver.dnssec)
      this.#note('the resolver does not validate DNSSEC: TLSA records (DANE) do not count; set direct.dnsOverHttps')
  }

  #note(text: string): void {
    if (this.#events.listenerCount('trail') > 0) this.#emit({ type: 'note', text, at: this.#clock(), session: 0 })
  }

  #emit(event: TrailEvent): void {
    try {
      this.#events.emit('trail', event)
    } catch (error) {
      // a listener's own fault: told as such, and not in the middle of a delivery
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

/** The recipients of each domain by their place in the envelope. @throws {SettingsError} as `SmtpClient.send` */
function byDomain(envelope: Submission['envelope']): Map<string, Map<number, string | Recipient>> {
  if (typeof envelope !== 'object' || envelope === null) {
    throw new SettingsError('envelope.missing', 'envelope', 'must be { reversePath, recipients }', {
      hint: 'Pass { envelope, content }.',
    })
  }
  const { recipients } = envelope as Partial<Submission['envelope']>
  if (!Array.isArray(recipients) || recipients.length === 0) {
    throw new SettingsError('envelope.recipients', 'envelope.recipients', 'must name at least one recipient', {
      hint: 'Give an array of mailboxes.',
    })
  }
  const groups = new Map<string, Map<number, string | Recipient>>()
  for (const [index, given] of (recipients as readonly (string | Recipient)[]).entries()) {
    const field = `envelope.recipients[${index}]`
    const address = typeof given === 'string' ? given : (given as Partial<Recipient> | null)?.address
    const { domain } = parseMailbox(address as string, typeof given === 'string' ? field : `${field}.address`)
    const group = groups.get(domain) ?? new Map<number, string | Recipient>()
    groups.set(domain, group.set(index, given))
  }
  return groups
}

function closed(): SettingsError {
  return new SettingsError('direct.closed', 'client', 'is closed', { phase: 'wait', hint: 'Make a new client.' })
}

function closedNow(): ProtocolError {
  return new ProtocolError('pool.closed', 'the client was closed', {
    phase: 'wait',
    outcome: 'transient',
    hint: 'Send again with a new client.',
  })
}

function late(deadlineMs: number): ProtocolError {
  return new ProtocolError('deadline.exceeded', `not done within ${deadlineMs} ms`, {
    phase: 'wait',
    outcome: 'transient',
    hint: 'Allow more time with deadlineMs, or find out why the servers are slow.',
  })
}
