/** What a domain asks of those who send mail to it (RFC 8461 3.2). */
export interface MtaStsPolicy {
  /** `enforce`: no mail to a server that fails; `testing`: mail all the same, and a report; `none`: as if there were no policy. */
  readonly mode: 'enforce' | 'testing' | 'none'
  /** Names of servers in lower case, some with `*.` in front. Empty only with `none`. */
  readonly mx: readonly string[]
  /** How long it counts from the time it was fetched, in seconds; at most a year. */
  readonly maxAgeSeconds: number
}

/** A policy that is not written as RFC 8461 3.2 says. The message names the line. */
export class MtaStsSyntaxError extends Error {}

/** RFC 8461 3.2: a year. More is taken for a year. */
const MAX_AGE_SECONDS = 31_557_600
/** RFC 8461 3.3: larger policies need not be read. */
export const MAX_POLICY_OCTETS = 64 * 1024

/** Far more servers than any domain has. */
const MAX_MX = 500

const MODES = ['enforce', 'testing', 'none'] as const
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const PATTERN = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`)

/**
 * Reads a policy. Fields that are not known are passed over, and of a field that stands there twice the first one counts, but for `mx`
 * (RFC 8461 3.2). A name that stands there twice is taken once, and more than 500 are refused. Takes time in proportion to its length.
 * @throws {MtaStsSyntaxError}
 */
export function parseMtaStsPolicy(text: string): MtaStsPolicy {
  if (text.length > MAX_POLICY_OCTETS) throw new MtaStsSyntaxError(`is longer than ${MAX_POLICY_OCTETS} octets`)
  const fields = new Map<string, string>()
  const mx = new Set<string>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0))
    const value = line.slice(colon + 1).trim() // with the CR of CRLF
    if (!NAME.test(name)) throw new MtaStsSyntaxError(`line ${index + 1} is no field`)
    if (name === 'mx') mx.add(pattern(value, index + 1))
    else if (!fields.has(name)) fields.set(name, value)
  }
  if (fields.get('version') !== 'STSv1') throw new MtaStsSyntaxError('does not say version: STSv1')
  const mode = MODES.find((each) => each === fields.get('mode'))
  if (!mode) throw new MtaStsSyntaxError('does not say mode: enforce, testing or none')
  const maxAge = fields.get('max_age') ?? ''
  if (!/^\d{1,10}$/.test(maxAge)) throw new MtaStsSyntaxError('does not say max_age in seconds')
  if (mode !== 'none' && mx.size === 0) throw new MtaStsSyntaxError('names no mx')
  if (mx.size > MAX_MX) throw new MtaStsSyntaxError(`names more than ${MAX_MX} mx`)
  return { mode, mx: [...mx], maxAgeSeconds: Math.min(Number(maxAge), MAX_AGE_SECONDS) }
}

function pattern(value: string, line: number): string {
  if (!isPattern(value)) throw new MtaStsSyntaxError(`line ${line} has an mx that is no host name`)
  return value.toLowerCase()
}

function isPattern(value: string): boolean {
  return value.length <= 255 && PATTERN.test(value)
}

/** A policy that was read before and kept as JSON; undefined for what no policy comes to. */
export function keptMtaStsPolicy(json: unknown): MtaStsPolicy | undefined {
  const { mode: given, mx, maxAgeSeconds } = Object(json) as Partial<Record<keyof MtaStsPolicy, unknown>>
  const mode = MODES.find((each) => each === given)
  if (!mode || !Array.isArray(mx) || mx.length > MAX_MX || (mode !== 'none' && mx.length === 0)) return undefined
  if (!Number.isInteger(maxAgeSeconds) || Number(maxAgeSeconds) < 0) return undefined
  const names = mx.map((each: unknown) => (typeof each === 'string' && isPattern(each) ? each.toLowerCase() : ''))
  if (names.includes('')) return undefined
  return { mode, mx: names, maxAgeSeconds: Math.min(Number(maxAgeSeconds), MAX_AGE_SECONDS) }
}

/** Whether a policy allows this server (RFC 8461 4.1): by its name, or by the pattern that stands for its left-most label. */
export function allowsMx({ mx }: MtaStsPolicy, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  const dot = name.indexOf('.')
  const parent = dot < 1 ? undefined : name.slice(dot + 1)
  return mx.some((each) => each === name || (each.startsWith('*.') && each.slice(2) === parent))
}
