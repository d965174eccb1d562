import { ProtocolError, PosthornError, SettingsError } from '@posthorn/ground'
import type { RelayPolicy } from '@posthorn/net/policy'
import { isSendFailure, type Envelope, type Recipient, type SendOptions, type SmtpOptions } from '@posthorn/smtp'
import type { Submission } from '@posthorn/smtp'
import { delayedAtTls, isAtTls } from './delayed-failure.js'
import { isFinal, moreTelling, type DirectDelivery, type DomainResult } from './direct-delivery.js'
import type { MailRoute } from './mail-route.js'
import type { ServerClients } from './server-clients.js'
import { waysTo, type ServerWay } from './server-way.js'

/** The recipients of one domain, and what is to be sent to them. */
export interface DomainJob {
  readonly domain: string
  /** By their place in the envelope. */
  readonly recipients: ReadonlyMap<number, string | Recipient>
  readonly envelope: Envelope
  readonly content: Submission['content']
  readonly all: boolean
  /** Aborted at the deadline, too, with the error of that. */
  readonly signal: AbortSignal
}

/** What a delivery needs of its client. */
export interface DomainTerms {
  readonly smtp: Omit<SmtpOptions, 'host'>
  readonly clients: ServerClients
  readonly route: (domain: string, signal: AbortSignal) => Promise<MailRoute>
  /** The route did not lead anywhere: it is to be looked up anew next time. */
  readonly forget: (domain: string) => void
  readonly policy: (route: MailRoute, server: string, requireTls: boolean, signal: AbortSignal) => Promise<RelayPolicy>
  readonly note: (text: string) => void
  readonly clock: () => number
}

/** The caller's own time is over, or its client is closed: no other server changes that. */
const OVER = new Set(['aborted', 'deadline.exceeded', 'pool.closed'])
/** What another server may have or take. */
const ELSEWHERE = new Set(['extension.missing', 'content.too-large'])

/**
 * Hands the message for one domain to the first server that takes it (RFC 5321 5.1). A server that cannot be reached, greets with a refusal,
 * or refuses for now is followed by the next; what a server took, refused for good, or may have taken is never offered again.
 * Never rejects: what went wrong is in the result.
 */
export async function deliverToDomain(job: DomainJob, terms: DomainTerms): Promise<DomainResult> {
  const delivery = new DomainDelivery(job, terms)
  try {
    await delivery.run()
  } catch (error) {
    delivery.failOpen(ended(error, job.signal))
  }
  return delivery.result
}

class DomainDelivery {
  readonly #job: DomainJob
  readonly #terms: DomainTerms
  readonly #deliveries = new Map<number, DirectDelivery>()
  /** Those that no server has decided. */
  #open: readonly number[]
  #failure: PosthornError | undefined
  #server: string | undefined

  constructor(job: DomainJob, terms: DomainTerms) {
    this.#job = job
    this.#terms = terms
    this.#open = [...job.recipients.keys()]
  }

  get result(): DomainResult {
    return { domain: this.#job.domain, deliveries: this.#deliveries, failure: this.#failure }
  }

  async run(): Promise<void> {
    const { domain, envelope, signal } = this.#job
    const { route: find, policy: policyFor, note, forget, smtp } = this.#terms
    signal.throwIfAborted()
    const route = await find(domain, signal)
    note(route.says)
    const requireTls = envelope.requireTls === true
    for (const server of route.servers) {
      this.#server = server
      const policy = await policyFor(route, server, requireTls, signal)
      if (policy.refuse) {
        note(`${server}: ${policy.refuse.message}`)
        this.failOpen(policy.refuse)
        continue
      }
      if (await this.#try(waysTo(server, policy, smtp, route.by === 'literal'))) return
    }
    forget(domain)
  }

  /** Nobody who is open got it here. */
  failOpen(error: PosthornError): void {
    this.#failed(error)
    for (const index of this.#open) this.#keep(index, this.#notSent(index, error))
  }

  /** True when no other server is to be asked. */
  async #try(ways: readonly ServerWay[]): Promise<boolean> {
    for (const way of ways) {
      this.#terms.note(way.says)
      const error = await this.#send(way)
      if (this.#open.length === 0 || this.#isOver(error)) return true
      if (!failedAtTls(error)) return false
    }
    return false
  }

  /** Sends to those who are open, and gives the error when none of them got it. */
  async #send(way: ServerWay): Promise<PosthornError | undefined> {
    const { envelope, recipients, content, all, signal } = this.#job
    const indexes = this.#open
    const submission = {
      envelope: { ...envelope, recipients: indexes.map((index) => recipients.get(index)!) },
      content,
    }
    const options: SendOptions = { signal, deadlineMs: LONGEST_MS, recipients: all ? 'all' : 'any' }
    let error: PosthornError | undefined
    const { deliveries } = await this.#terms.clients.use(way.key, way.options, (client) =>
      client.send(submission, options).catch((reason: unknown) => {
        if (!isSendFailure(reason)) throw reason
        error = delayedAtTls(reason, way)
        return reason.receipt
      }),
    )
    deliveries.forEach((delivery, at) => {
      const why = delivery.outcome === 'notSent' && error ? { error: bare(error) } : {}
      this.#keep(indexes[at]!, { ...delivery, server: this.#server!, ...why })
    })
    this.#open = indexes.filter((index) => !isFinal(this.#deliveries.get(index)!))
    if (error && (this.#open.length === 0 || this.#isRefused())) this.#decided(error)
    else if (error) this.#failed(error)
    return error
  }

  /** A refusal for good of one whom the others depend on, a fault of the message itself, or the end of the time. */
  #isOver(error: PosthornError | undefined): boolean {
    if (this.#job.signal.aborted || this.#isRefused()) return true
    if (!error) return false
    return OVER.has(error.code) || (error instanceof SettingsError && !ELSEWHERE.has(error.code))
  }

  /** Whether one whom the others depend on was refused for good. */
  #isRefused(): boolean {
    const { all, recipients } = this.#job
    const isRequired = (given: string | Recipient) => all || (typeof given === 'object' && given.required === true)
    for (const [index, given] of recipients) {
      const delivery = this.#deliveries.get(index)
      if (delivery?.outcome === 'refused' && isFinal(delivery) && isRequired(given)) return true
    }
    return false
  }

  #keep(index: number, delivery: DirectDelivery): void {
    this.#deliveries.set(index, moreTelling(this.#deliveries.get(index), delivery))
  }

  /** This server has decided it for everybody: what an earlier one said for now counts no more. */
  #decided(error: PosthornError): void {
    if (this.#failure?.outcome !== 'unknown') this.#failure = error
    for (const index of this.#open) {
      const delivery = this.#deliveries.get(index)!
      if (delivery.outcome === 'notSent') this.#deliveries.set(index, { ...delivery, error: bare(error) })
    }
  }

  /** What may pass is told before what will not, `unknown` before everything. */
  #failed(error: PosthornError): void {
    if (this.#failure?.outcome === 'unknown') return
    if (this.#failure?.outcome === 'transient' && error.outcome === 'permanent') return
    this.#failure = error
  }

  #notSent(index: number, error: PosthornError): DirectDelivery {
    const given = this.#job.recipients.get(index)!
    return {
      recipient: typeof given === 'string' ? given : given.address,
      outcome: 'notSent',
      phase: error.phase,
      at: this.#terms.clock(),
      error,
      ...(this.#server === undefined ? {} : { server: this.#server }),
    }
  }
}

/** The deadline is kept by the signal. */
const LONGEST_MS = 2 ** 31 - 1

/** TLS failed where it was only tried. Octets slipped in between are an attack, and no reason to go on without. */
function failedAtTls(error: PosthornError | undefined): boolean {
  if (!error || !isAtTls(error)) return false
  return error.code !== 'smtp.starttls.injected' && error.code !== 'tls.injected'
}

/** The error of one send, without the receipt that it carries: that has the delivery this goes into. */
function bare(error: PosthornError): PosthornError {
  return error.cause instanceof PosthornError && error.cause.code === error.code ? error.cause : error
}

/** What ended the way to a server as an error of ours. */
function ended(error: unknown, signal: AbortSignal): PosthornError {
  if (signal.aborted) {
    const reason: unknown = signal.reason
    if (reason instanceof PosthornError) return reason
    const hint = 'The caller aborted it.'
    return new ProtocolError('aborted', 'aborted in phase resolve', {
      phase: 'resolve',
      outcome: 'transient',
      cause: reason,
      hint,
    })
  }
  if (error instanceof PosthornError) return error
  const text = error instanceof Error ? error.message : String(error)
  return new ProtocolError('direct.failed', `the way to a server cannot be found: ${text}`, {
    phase: 'resolve',
    outcome: 'transient',
    cause: error,
    hint: 'See the cause: the store of MTA-STS policies or the resolver failed.',
  })
}
