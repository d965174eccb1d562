import type { DiscoverResolver, MxAnswer } from './discovery.js'
import { lookUp } from './lookup.js'
import { hostName } from './mail-address.js'
import type { Steps } from './steps.js'

/** How many exchangers count. */
const MAX_EXCHANGERS = 10

/** What the MX records said. */
export interface MailExchangers {
  /** Those of the lowest preference first; names in A-labels. */
  readonly hosts: readonly string[]
  readonly isAnswered: boolean
}

/** Asks for the mail exchangers of a domain. */
export async function askMx(
  { mx }: DiscoverResolver,
  steps: Steps,
  domain: string,
  signal: AbortSignal,
): Promise<MailExchangers> {
  const { items } = await lookUp(steps, 'mx', domain, signal, () => mx(domain, { signal }), said)
  return { hosts: usable(items ?? []), isAnswered: items !== undefined }
}

function usable(records: readonly MxAnswer[]): string[] {
  const known = records.filter(isRecord)
  const ordered = known.sort((a, b) => a.priority - b.priority || (a.exchange < b.exchange ? -1 : 1))
  const hosts = ordered.map(({ exchange }) => hostName(exchange)).filter((host) => host !== undefined)
  return [...new Set(hosts)].slice(0, MAX_EXCHANGERS)
}

function said(records: readonly MxAnswer[]): string {
  const [first] = records
  if (records.length === 1 && isRecord(first) && (first.exchange === '' || first.exchange === '.')) {
    return 'the domain takes no mail (RFC 7505)'
  }
  const hosts = usable(records)
  return hosts.length === 0 ? 'nothing that can be used' : hosts.join(', ')
}

function isRecord(record: unknown): record is MxAnswer {
  const { exchange, priority } = Object(record) as Partial<MxAnswer>
  return typeof exchange === 'string' && Number.isFinite(priority)
}
