import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { ConnectError } from '@posthorn/ground'
import type { Resolve } from '@posthorn/net'
import { lookUpOverHttps, secureResolverOverHttps, type ResolverOverHttpsOptions } from '@posthorn/net/policy'
import type { RecordType, ResolveTxt, SecureResolver } from '@posthorn/net/policy'

/** What direct delivery asks of DNS. Names are in A-labels without a dot at the end. */
export interface DirectResolver {
  /** The MX records of a domain, behind all aliases. Rejects when there is no answer: the message then waits. */
  resolveMx(domain: string, options: { readonly signal: AbortSignal }): Promise<MxAnswer>
  /** For MTA-STS. */
  readonly resolveTxt: ResolveTxt
  /** Addresses of the servers; default: those the system gives. */
  readonly resolveAddresses?: Resolve | undefined
  /** Only with a resolver that validates: TLSA records count then (DANE). */
  readonly dnssec?: SecureResolver | undefined
}

export interface MxAnswer {
  /** In any order. The exchange of a null MX is `.` or empty. */
  readonly records: readonly { readonly exchange: string; readonly priority: number }[]
  /** True when DNSSEC proves these records, or that there are none. */
  readonly secure: boolean
  /** False when there is no such domain at all. */
  readonly exists: boolean
}

const QUERY_MS = 10_000

/** The name servers of this system. They do not say what DNSSEC proves: nothing is `secure`, so DANE does not count. */
export function systemResolver(): DirectResolver {
  return {
    async resolveMx(domain, { signal }) {
      try {
        const records = await queried(signal, (resolver) => resolver.resolveMx(domain))
        return { records, secure: false, exists: true }
      } catch (error) {
        signal.throwIfAborted()
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENODATA' || code === 'ENOTFOUND')
          return { records: [], secure: false, exists: code === 'ENODATA' }
        throw mxLookupFailed(domain, code ?? String(error), error)
      }
    },
    resolveTxt: (name) => new Resolver({ timeout: QUERY_MS, tries: 2 }).resolveTxt(name),
  }
}

/** A validating resolver over HTTPS: everything is asked there, and what it says DNSSEC proves is believed. */
export function resolverOverHttps(options: ResolverOverHttpsOptions): DirectResolver {
  const ask = (name: string, type: RecordType, signal?: AbortSignal) => lookUpOverHttps(options, name, type, signal)
  return {
    async resolveMx(domain, { signal }) {
      const { records, ...known } = await ask(domain, 'MX', signal)
      return { ...known, records: records.map((data) => mxRecord(domain, data)) }
    },
    async resolveTxt(name) {
      const { records } = await ask(name, 'TXT')
      if (records.length > 0) return records.map(strings)
      throw Object.assign(new Error(`no TXT records at ${name}`), { code: 'ENODATA' })
    },
    async resolveAddresses(host, { family, signal }) {
      const types: readonly RecordType[] = family === 4 ? ['A'] : family === 6 ? ['AAAA'] : ['AAAA', 'A']
      const answers = await Promise.all(types.map((type) => ask(host, type, signal)))
      const found = answers.flatMap(({ records }) => records).filter((address) => isIP(address) !== 0)
      if (found.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: 'ENODATA' })
      return found.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }))
    },
    dnssec: secureResolverOverHttps(options),
  }
}

/** One question with a resolver of its own, which can be called off. */
async function queried<T>(signal: AbortSignal, ask: (resolver: Resolver) => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const resolver = new Resolver({ timeout: QUERY_MS, tries: 2 })
  const abort = () => resolver.cancel()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await ask(resolver)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** RFC 1035 3.3.9 as text: `10 mx.example.net.` */
function mxRecord(domain: string, data: string): { readonly exchange: string; readonly priority: number } {
  const [, priority, exchange] = /^(\d{1,5})[ \t]+(\S+)$/.exec(data) ?? []
  if (exchange === undefined) throw mxLookupFailed(domain, 'an MX record is not written as expected')
  return { priority: Number(priority), exchange }
}

/** The strings of a TXT record; some resolvers write them in quotes, some as one text without. */
function strings(data: string): readonly string[] {
  if (!data.startsWith('"')) return [data]
  return [...data.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!.replace(/\\(.)/g, '$1'))
}

/** There was no answer: whether the domain takes mail cannot be known now. */
export function mxLookupFailed(domain: string, why: string, cause?: unknown): ConnectError {
  return new ConnectError('direct.mx-lookup', `the MX records of ${domain} cannot be looked up (${why})`, {
    phase: 'resolve',
    outcome: 'transient',
    cause,
    hint: 'Check the name servers of this machine, or direct.dnsOverHttps; the name servers of the domain may be down, too.',
  })
}
