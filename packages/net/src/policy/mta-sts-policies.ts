import { domainToASCII } from 'node:url'
import type { SendWebRequest } from '../web/web-options.js'
import { MAX_POLICY_OCTETS, MtaStsSyntaxError, parseMtaStsPolicy } from './mta-sts-policy.js'
import type { MtaStsPolicy } from './mta-sts-policy.js'
import { mtaStsId } from './mta-sts-record.js'
import { MtaStsMemoryStore } from './mta-sts-store.js'
import type { KeptPolicy, MtaStsStore } from './mta-sts-store.js'
import { SharedWork, within } from './shared-work.js'

/** TXT records of a name, each in its strings, as `resolveTxt` of `node:dns/promises` gives them. A code `ENOTFOUND` or `ENODATA` says that there are none. */
export type ResolveTxt = (name: string) => Promise<readonly (readonly string[])[]>

export interface MtaStsOptions {
  readonly resolveTxt: ResolveTxt
  /**
   * Fetches the policy: `webRequest` of `@posthorn/net/web`, with a time limit. The server's certificate must be verified as usual, and a
   * redirect must not be followed; an HTTP cache must not be asked (RFC 8461 3.3).
   */
  readonly request: SendWebRequest
  /** Default: in memory. */
  readonly store?: MtaStsStore | undefined
  /** Milliseconds since 1970; default: the clock. */
  readonly now?: (() => number) | undefined
}

/** What is known about a domain. */
export interface MtaStsFinding {
  /** The policy that counts; undefined when the domain has none, or none could be had. With mode `none` it is one all the same. */
  readonly policy: MtaStsPolicy | undefined
  /** True when it was fetched just now. */
  readonly fresh: boolean
  /** What went wrong while asking, although a kept policy may count. */
  readonly problem?: MtaStsProblem | undefined
}

export interface MtaStsProblem {
  /** `policy.mta-sts-unavailable`: it cannot be had; `policy.mta-sts-invalid`: it is not what RFC 8461 asks for. */
  readonly code: 'policy.mta-sts-unavailable' | 'policy.mta-sts-invalid'
  readonly sentence: string
  /** As reports name it (RFC 8460 4.3.1). */
  readonly resultType: 'sts-policy-fetch-error' | 'sts-policy-invalid' | 'sts-webpki-invalid'
}

/** The TXT record is not asked for again in this time. */
const ASK_AGAIN_MS = 5 * 60_000
/** RFC 8461 3.3: fetches that failed are not repeated sooner. */
const FETCH_AGAIN_MS = 5 * 60_000
/** RFC 8461 10.2: a policy is fetched anew every day though its id is the same, so that it never runs out while the domain keeps it. */
const REFRESH_MS = 24 * 3_600_000
/** RFC 8461 3.3: a minute is enough for fetching. */
const FETCH_MS = 60_000
const MAX_REMEMBERED = 10_000

/** When a domain was asked after, in this process. */
interface Asked {
  readonly askedAtMs: number
  readonly failedAtMs: number
  readonly problem: MtaStsProblem | undefined
}

/**
 * The MTA-STS policies of the domains that mail is sent to (RFC 8461): found, fetched, kept and renewed. A policy that is kept counts until
 * it runs out, whatever happens to its TXT record and its web server meanwhile (3.3, 5): taking it back takes mode `none`.
 */
export class MtaStsPolicies {
  readonly #options: MtaStsOptions
  readonly #store: MtaStsStore
  readonly #now: () => number
  readonly #asked = new Map<string, Asked>()
  readonly #underWay = new SharedWork<MtaStsFinding>()

  constructor(options: MtaStsOptions) {
    this.#options = options
    this.#store = options.store ?? new MtaStsMemoryStore()
    this.#now = options.now ?? Date.now
  }

  /**
   * The policy of a domain. Several who ask at once wait for the same answer. It never rejects because a policy cannot be had: the
   * finding says so.
   * @param domain behind the "@" of a recipient, or the name of a relay (3.4)
   * @param refetch fetches it though a kept one would count: before mail is given up because of it (5.1)
   * @throws what the store throws; the signal's reason when it is aborted
   */
  async find(
    domain: string,
    { signal, refetch = false }: { readonly signal?: AbortSignal | undefined; readonly refetch?: boolean } = {},
  ): Promise<MtaStsFinding> {
    const name = policyDomain(domain)
    if (name === undefined) return { policy: undefined, fresh: false }
    const key = refetch ? `${name} refetch` : name
    return this.#underWay.result(key, signal, (shared) => this.#find(name, refetch, shared))
  }

  /**
   * Fetches every kept policy anew that was fetched more than a day ago, and forgets those that ran out: to be called once a day or so by
   * whoever runs for long.
   * @returns how many were fetched, and which domains could not be asked
   */
  async refresh(signal?: AbortSignal): Promise<{ readonly fetched: number; readonly failed: readonly string[] }> {
    let fetched = 0
    const failed: string[] = []
    for (const kept of await this.#store.all()) {
      signal?.throwIfAborted()
      if (!this.#counts(kept)) await this.#store.delete(kept.domain)
      else if (this.#now() - kept.fetchedAtMs >= REFRESH_MS) {
        const found = await this.find(kept.domain, { signal, refetch: true })
        if (found.fresh) fetched++
        else failed.push(kept.domain)
      }
    }
    return { fetched, failed }
  }

  async #find(domain: string, refetch: boolean, signal: AbortSignal): Promise<MtaStsFinding> {
    const stored = await this.#store.get(domain)
    const kept = stored && this.#counts(stored) ? stored : undefined
    const now = this.#now()
    const asked = this.#asked.get(domain)
    if (asked && (now - asked.failedAtMs < FETCH_AGAIN_MS || (now - asked.askedAtMs < ASK_AGAIN_MS && !refetch))) {
      return { policy: kept?.policy, fresh: false, problem: asked.problem }
    }
    const remembered = (problem?: MtaStsProblem, failedAtMs = -Infinity): MtaStsFinding => {
      this.#remember(domain, { askedAtMs: now, failedAtMs, problem })
      return { policy: kept?.policy, fresh: false, problem }
    }
    const announced = await this.#announced(domain, signal)
    const problem = typeof announced === 'object' ? announced : undefined
    const isDue = kept !== undefined && (refetch || now - kept.fetchedAtMs >= REFRESH_MS)
    // whoever takes the record out of DNS must not make a kept policy run out: its web server is asked all the same
    const id = typeof announced === 'string' ? announced : isDue ? kept.id : undefined
    if (id === undefined || (kept?.id === id && !isDue)) return remembered(problem)

    const policy = await this.#fetched(domain, signal)
    if ('code' in policy) return remembered(policy, now)
    await this.#store.set({ domain, id, policy, fetchedAtMs: now })
    this.#remember(domain, { askedAtMs: now, failedAtMs: -Infinity, problem: undefined })
    return { policy, fresh: true }
  }

  #counts({ fetchedAtMs, policy }: KeptPolicy): boolean {
    const ageMs = this.#now() - fetchedAtMs
    return ageMs < policy.maxAgeSeconds * 1000
  }

  #remember(domain: string, asked: Asked): void {
    this.#asked.delete(domain)
    this.#asked.set(domain, asked)
    const [oldest] = this.#asked.keys()
    if (this.#asked.size > MAX_REMEMBERED && oldest !== undefined) this.#asked.delete(oldest)
  }

  /** The id in the TXT record; undefined when there is none. */
  async #announced(domain: string, signal: AbortSignal): Promise<string | undefined | MtaStsProblem> {
    const name = `_mta-sts.${domain}`
    try {
      return mtaStsId(await within(FETCH_MS, signal, () => this.#options.resolveTxt(name)))
    } catch (error) {
      signal.throwIfAborted() // nobody waits for it: nothing was found out
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOTFOUND' || code === 'ENODATA') return undefined
      return unavailable(`the TXT records of ${name} cannot be had: ${reasonOf(error)}`, 'sts-policy-fetch-error')
    }
  }

  async #fetched(domain: string, signal: AbortSignal): Promise<MtaStsPolicy | MtaStsProblem> {
    const url = `https://mta-sts.${domain}/.well-known/mta-sts.txt`
    try {
      const { status, headers, body } = await within(FETCH_MS, signal, (limit) =>
        this.#options.request({ url, signal: limit }),
      )
      if (status !== 200) return unavailable(`${url} answered with status ${status}`, 'sts-policy-fetch-error')
      if (!/^text\/plain[ \t]*(?:;|$)/i.test(headers['content-type'] ?? '')) {
        return invalid(`${url} is not text/plain`)
      }
      if (body.length > MAX_POLICY_OCTETS) return invalid(`${url} has more than ${MAX_POLICY_OCTETS} octets`)
      return parseMtaStsPolicy(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'))
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof MtaStsSyntaxError) return invalid(`${url} ${error.message}`)
      const resultType = isCertificateFault(error) ? 'sts-webpki-invalid' : 'sts-policy-fetch-error'
      return unavailable(`${url} cannot be had: ${reasonOf(error)}`, resultType)
    }
  }
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** In A-labels and lower case; undefined for what is no domain that could have a policy, such as an address literal. */
function policyDomain(domain: string): string | undefined {
  const name = domainToASCII(domain.replace(/\.$/, '')).toLowerCase()
  const labels = name.split('.')
  if (name.length === 0 || name.length > 240 || /^\d+$/.test(labels.at(-1)!)) return undefined
  return labels.every((label) => LABEL.test(label)) ? name : undefined
}

function unavailable(sentence: string, resultType: MtaStsProblem['resultType']): MtaStsProblem {
  return { code: 'policy.mta-sts-unavailable', sentence, resultType }
}

function invalid(sentence: string): MtaStsProblem {
  return { code: 'policy.mta-sts-invalid', sentence, resultType: 'sts-policy-invalid' }
}

/** A `ConnectError` of ours says so in its phase. */
function isCertificateFault(error: unknown): boolean {
  return (error as { phase?: unknown }).phase === 'tls'
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return (code ?? message).replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200)
}
