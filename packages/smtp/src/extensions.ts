import type { Reply } from '@posthorn/ground'

/** What LIMITS (RFC 9422) announced for this session. */
export interface ServerLimits {
  readonly mailMax?: number
  readonly rcptMax?: number
  readonly rcptDomainMax?: number
}

/**
 * The service extensions of one EHLO reply (RFC 5321 4.1.1.1): keywords without case, each with its parameters. Read in linear time,
 * with nothing but splitting at single characters. Malformed lines are ignored.
 */
export class Extensions {
  static readonly none = new Extensions([])

  readonly #offers = new Map<string, readonly string[]>()
  /** SASL mechanism names in upper case, in the order of the server. */
  readonly mechanisms: readonly string[]
  /** SIZE in octets; undefined when not offered, without number or 0 (RFC 1870 4: no fixed limit). */
  readonly maxSizeOctets: number | undefined
  readonly limits: ServerLimits
  readonly pipelining: boolean
  readonly chunking: boolean
  readonly size: boolean
  readonly eightBitMime: boolean

  /** @param lines the lines after the first, which is the greeting */
  constructor(lines: readonly string[]) {
    const mechanisms = new Set<string>()
    for (const line of lines) {
      const words = line
        .trim()
        .split(' ')
        .filter((word) => word !== '')
      const keyword = words[0]?.toUpperCase()
      if (keyword === undefined || !/^[A-Z0-9][A-Z0-9=-]{0,63}$/.test(keyword)) continue
      const parameters = words.slice(1)
      // old servers say "AUTH=LOGIN PLAIN" beside or in place of "AUTH LOGIN PLAIN"
      if (keyword === 'AUTH' || keyword.startsWith('AUTH=')) {
        if (keyword.length > 5) mechanisms.add(keyword.slice(5))
        for (const name of parameters) mechanisms.add(name.toUpperCase())
        this.#offers.set('AUTH', [...mechanisms])
      } else if (!this.#offers.has(keyword)) {
        this.#offers.set(keyword, parameters)
      }
    }
    this.mechanisms = [...mechanisms]
    this.maxSizeOctets = count(this.#offers.get('SIZE')?.[0], 20) || undefined
    this.limits = serverLimits(this.#offers.get('LIMITS') ?? [])
    this.pipelining = this.#offers.has('PIPELINING')
    this.chunking = this.#offers.has('CHUNKING')
    this.size = this.#offers.has('SIZE')
    this.eightBitMime = this.#offers.has('8BITMIME')
  }

  static fromReply(reply: Reply): Extensions {
    return new Extensions(reply.lines.slice(1))
  }

  has(keyword: string): boolean {
    return this.#offers.has(keyword.toUpperCase())
  }

  /** The words behind a keyword; empty when it has none or was not offered. */
  parameters(keyword: string): readonly string[] {
    return this.#offers.get(keyword.toUpperCase()) ?? []
  }

  /** The keywords in the order of the server. */
  get keywords(): readonly string[] {
    return [...this.#offers.keys()]
  }
}

function serverLimits(entries: readonly string[]): ServerLimits {
  const known = new Map<string, number>()
  for (const entry of entries) {
    const equals = entry.indexOf('=')
    const value = equals > 0 ? count(entry.slice(equals + 1), 6) : undefined
    if (value) known.set(entry.slice(0, equals).toUpperCase(), value)
  }
  const mailMax = known.get('MAILMAX')
  const rcptMax = known.get('RCPTMAX')
  const rcptDomainMax = known.get('RCPTDOMAINMAX')
  return {
    ...(mailMax ? { mailMax } : {}),
    ...(rcptMax ? { rcptMax } : {}),
    ...(rcptDomainMax ? { rcptDomainMax } : {}),
  }
}

function count(text: string | undefined, maxDigits: number): number | undefined {
  if (text === undefined || text.length > maxDigits || !/^\d+$/.test(text)) return undefined
  return Number(text)
}
