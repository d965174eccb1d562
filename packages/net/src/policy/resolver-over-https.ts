import { ConnectError } from '@posthorn/ground'
import type { TlsaRecord } from '../options.js'
import type { SendWebRequest } from '../web/web-options.js'
import type { SecureResolver } from './secure-resolver.js'

export interface ResolverOverHttpsOptions {
  /** Of a validating resolver that answers in JSON: `https://dns.example/resolve`, `https://cloudflare-dns.com/dns-query`. */
  readonly url: string
  /** `webRequest` of `@posthorn/net/web`; it must verify the server's certificate, for what comes over this way is believed. */
  readonly request: SendWebRequest
}

export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'MX' | 'TLSA' | 'TXT'

/** By the numbers of IANA. */
const TYPES: Readonly<Record<RecordType, number>> = { A: 1, AAAA: 28, CNAME: 5, MX: 15, TLSA: 52, TXT: 16 }
const NO_ERROR = 0
const NO_SUCH_NAME = 3
const MAX_ANSWERS = 200
const MAX_ALIASES = 16

interface Answer {
  readonly secure: boolean
  /** False when there is no such name at all. */
  readonly exists: boolean
  readonly records: readonly { readonly name: string; readonly type: number; readonly data: string }[]
}

/** What a lookup found, behind all aliases. */
export interface AnswerOverHttps {
  /** As the resolver writes the data of each record of this type; empty when there are none. */
  readonly records: readonly string[]
  /** True when DNSSEC proves all of it, according to the resolver. */
  readonly secure: boolean
  /** False when there is no such name at all. */
  readonly exists: boolean
}

/**
 * The records of a name, asked of a validating resolver over HTTPS in the JSON form.
 * @throws {ConnectError} `policy.lookup-failed` when there is no answer; what `request` throws
 */
export async function lookUpOverHttps(
  options: ResolverOverHttpsOptions,
  name: string,
  type: RecordType,
  signal?: AbortSignal,
): Promise<AnswerOverHttps> {
  const { secure, exists, records } = await ask(options, name, type, signal)
  return { secure, exists, records: records.filter((each) => each.type === TYPES[type]).map(({ data }) => data) }
}

/**
 * A resolver that asks a validating one over HTTPS, in the JSON form that the large public ones share (`AD`, `Status`, `Answer`). Whoever
 * runs that resolver is trusted with the answers, and learns which domains mail goes to; prefer one of your own.
 * @throws {ConnectError} `policy.lookup-failed` from its methods, when there is no answer
 */
export function secureResolverOverHttps(options: ResolverOverHttpsOptions): SecureResolver {
  return {
    async resolveTlsa(name, { signal }) {
      const { secure, records } = await ask(options, name, 'TLSA', signal)
      return { secure, records: records.filter(({ type }) => type === TYPES.TLSA).map(({ data }) => tlsaRecord(data)) }
    },
    async resolveHost(name, { signal }) {
      const answers = await Promise.all([ask(options, name, 'A', signal), ask(options, name, 'AAAA', signal)])
      const addressed = answers.filter(({ records }) => records.some(({ type }) => type !== TYPES.CNAME))
      const told = addressed.length > 0 ? addressed : answers
      const secure = told.every((answer) => answer.secure)
      const canonicalName = endOfAliases(name, told[0]!)
      if (secure || canonicalName === plain(name)) return { canonicalName, secure, secureAlias: false }
      const alias = await ask(options, name, 'CNAME', signal)
      return {
        canonicalName,
        secure,
        secureAlias: alias.secure && alias.records.some(({ type }) => type === TYPES.CNAME),
      }
    },
  }
}

async function ask(
  { url, request }: ResolverOverHttpsOptions,
  name: string,
  type: RecordType,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const address = new URL(url)
  address.searchParams.set('name', name)
  address.searchParams.set('type', type)
  address.searchParams.set('do', '1')
  const response = await request({ url: address.href, headers: { accept: 'application/dns-json' }, signal })
  if (response.status !== 200)
    throw lookupFailed(name, type, `the resolver answered with HTTP status ${response.status}`)
  try {
    return answerOf(JSON.parse(Buffer.from(response.body).toString('utf8')))
  } catch (cause) {
    throw lookupFailed(name, type, (cause as Error).message, cause)
  }
}

function lookupFailed(name: string, type: RecordType, why: string, cause?: unknown): ConnectError {
  return new ConnectError('policy.lookup-failed', `${type} records of ${name} cannot be had: ${why}`, {
    outcome: 'transient',
    phase: 'resolve',
    hint: 'Check the address of the resolver, and that it validates DNSSEC and answers in JSON.',
    cause,
  })
}

/** @throws when it is no answer, or one that says that there is none */
function answerOf(json: unknown): Answer {
  const { Status: status, AD: authentic, TC: truncated, Answer: list = [] } = Object(json) as Record<string, unknown>
  if (status !== NO_ERROR && status !== NO_SUCH_NAME) throw new Error(`DNS status ${String(status)}`)
  if (!Array.isArray(list) || list.length > MAX_ANSWERS || truncated === true)
    throw new Error('the answer is not complete')
  const records = list.map((each: unknown) => {
    const { name, type, data } = Object(each) as Record<string, unknown>
    if (typeof name !== 'string' || typeof type !== 'number' || typeof data !== 'string') {
      throw new Error('the answer is not written as expected')
    }
    return { name: plain(name), type, data }
  })
  return { secure: authentic === true, exists: status === NO_ERROR, records }
}

function endOfAliases(name: string, { records }: Answer): string {
  let end = plain(name)
  for (let step = 0; step < MAX_ALIASES; step++) {
    const alias = records.find((record) => record.type === TYPES.CNAME && record.name === end)
    if (!alias) return end
    end = plain(alias.data)
  }
  throw lookupFailed(name, 'CNAME', 'its aliases have no end')
}

const plain = (name: string) => name.replace(/\.$/, '').toLowerCase()

/** In the form of RFC 6698 2.2, `3 1 1 0123...`, or of RFC 3597 5, `\# 35 03 01 01 01 23 ...`. */
function tlsaRecord(data: string): TlsaRecord {
  const unknown = /^\\# \d{1,5} ([0-9a-f ]{6,})$/i.exec(data)
  if (unknown) {
    const octets = Buffer.from(unknown[1]!.replaceAll(' ', ''), 'hex')
    return { usage: octets[0]!, selector: octets[1]!, matching: octets[2]!, data: octets.subarray(3) }
  }
  const [usage, selector, matching, ...hex] = data.split(/ +/)
  return {
    usage: Number(usage),
    selector: Number(selector),
    matching: Number(matching),
    data: Buffer.from(hex.join(''), 'hex'),
  }
}
