import type { DiscoverResolver, SrvAnswer } from './discovery.js'
import { lookUp } from './lookup.js'
import { hostName } from './mail-address.js'
import type { Steps } from './steps.js'

/** How many targets of one name count; more is no service but an attack. */
const MAX_TARGETS = 10

/** A server that SRV records name. */
export interface SrvTarget {
  readonly record: string
  readonly host: string
  readonly port: number
}

/** What one name said. */
export interface SrvService {
  /** In the order of RFC 2782, the weights taken as an order, too, so that it is the same every time. */
  readonly targets: readonly SrvTarget[]
  /** True when the domain says that it does not offer the service: one record with the target "." (RFC 2782). */
  readonly isRefused: boolean
  readonly isAnswered: boolean
}

/** Asks for one service of a domain: `_submissions`, `_submission`, `_autodiscover`. */
export async function askSrv(
  { srv }: DiscoverResolver,
  steps: Steps,
  service: string,
  domain: string,
  signal: AbortSignal,
): Promise<SrvService> {
  const record = `${service}._tcp.${domain}`
  const kind = service === '_autodiscover' ? 'autodiscover' : 'srv'
  const { items } = await lookUp(steps, kind, record, signal, () => srv(record, { signal }), said)
  const known = (items ?? []).filter(isRecord)
  const first = known[0]
  const isRefused = known.length === 1 && first !== undefined && isRoot(first.name)
  const targets = isRefused ? [] : usable(known, record)
  return { targets, isRefused, isAnswered: items !== undefined }
}

function usable(records: readonly SrvAnswer[], record: string): SrvTarget[] {
  const ordered = [...records].sort(
    (a, b) => a.priority - b.priority || b.weight - a.weight || (a.name < b.name ? -1 : 1) || a.port - b.port,
  )
  const targets: SrvTarget[] = []
  for (const { name, port } of ordered) {
    const host = hostName(name)
    if (host === undefined || !isPort(port)) continue
    if (targets.push({ record, host, port }) === MAX_TARGETS) break
  }
  return targets
}

/** `smtp.example.com:465, 2.example.com:465`; what cannot be used is counted. */
function said(records: readonly SrvAnswer[]): string {
  const known = records.filter(isRecord)
  if (known.length === 1 && isRoot(known[0]!.name)) return 'the service is not offered'
  const targets = usable(known, '')
  const others = records.length - targets.length
  const shown = targets.map(({ host, port }) => `${host}:${port}`).join(', ')
  if (others === 0) return shown
  return `${shown === '' ? 'nothing that can be used' : shown} (${others} more not used)`
}

function isRecord(record: unknown): record is SrvAnswer {
  const { name, port, priority, weight } = Object(record) as Partial<SrvAnswer>
  return typeof name === 'string' && typeof port === 'number' && Number.isFinite(priority) && Number.isFinite(weight)
}

const isRoot = (name: string) => name === '' || name === '.'

/** 1 to 65535. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535
}
