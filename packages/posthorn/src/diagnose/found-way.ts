import { PosthornError } from '@posthorn/ground'
import type { SmtpOptions } from '@posthorn/smtp'
import { discover, isDiscoverFailure } from '../discover/discover.js'
import type { Candidate, DiscoverOptions, Discovery } from '../discover/discovery.js'
import { guardedRoad } from '../discover/guarded-road.js'
import type { DiagnosisCode } from './diagnoses.js'

/** What looking for the server of an address came to. */
export type FoundWay =
  | {
      readonly smtp: SmtpOptions
      readonly discovery: Discovery
      readonly text: string
      readonly doubt: string | undefined
    }
  | { readonly code: DiagnosisCode; readonly evidence: string; readonly discovery: Discovery | undefined }

/** True for what is a mail address, and no URL, host or `user:password@host`. */
export function isMailAddress(way: unknown): way is string {
  return typeof way === 'string' && /^[^\s@:/]+@[^\s@:/]+$/.test(way)
}

/** The best way out of an address, without credentials. */
export async function foundWay(address: string, options: DiscoverOptions): Promise<FoundWay> {
  try {
    const discovery = await discover(address, options)
    const [best] = discovery.candidates
    const { host, port, security } = best!.settings
    const { road } = await guardedRoad(discovery.domain, options)
    return { smtp: { ...road, host, port, security }, discovery, text: textOf(best!, discovery), doubt: best!.confirm }
  } catch (error) {
    const code = error instanceof PosthornError ? CODES.get(error.code) : undefined
    if (code === undefined) throw error
    const discovery = isDiscoverFailure(error) ? error.discovery : undefined
    const asked = discovery?.steps.map(({ asked, answer }) => `${asked}: ${answer}`) ?? []
    return { code, evidence: [(error as PosthornError).message, ...asked.slice(0, 20)].join('; '), discovery }
  }
}

const CODES = new Map<string, DiagnosisCode>([
  ['discover.address', 'settings.invalid'],
  ['discover.none', 'discover.none'],
  ['discover.not-offered', 'discover.not-offered'],
  ['discover.no-answer', 'discover.no-answer'],
])

/** `smtp.gmail.com port 465 (implicit), for gmail.com is a domain of Gmail; 3 others`, and what the provider says. */
function textOf({ settings, from, agrees }: Candidate, { candidates }: Discovery): string {
  const { host, port, security, notes } = settings
  const also = agrees.length === 0 ? '' : `, and by ${agrees.join(', ')}`
  const others = candidates.length === 1 ? '' : `; ${candidates.length - 1} more after it`
  return [`${host} port ${port} (${security}), by ${from}${also}${others}`, ...notes].join('. ')
}
