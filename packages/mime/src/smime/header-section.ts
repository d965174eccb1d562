import type { Content } from '@posthorn/ground'
import { malformed } from './ber-reader.js'
import { inBlocks, once } from './blocks.js'

const CR = 13
const LF = 10
const COLON = 58
/** What says who wrote an entity and what it is; every other field is passed over. */
const KEPT: ReadonlySet<string> = new Set([
  'from',
  'sender',
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
])
const MAX_KEPT_OCTETS = 1024 * 1024
const MAX_VALUE_OCTETS = 64 * 1024
const MAX_NAME_OCTETS = 1000
/** What a field counts besides its value: there may be about a thousand. */
const FIELD_OCTETS = 1024

export interface HeaderField {
  /** In lower case. */
  readonly name: string
  /** Unfolded. */
  readonly value: string
  /** True when the value is the first 64 KiB of a longer one. */
  readonly isCut: boolean
}

/** The fields that count, as one reader sees them. */
export interface HeaderReading {
  readonly fields: readonly HeaderField[]
  /** Where the body begins. */
  readonly bodyAt: number
}

export interface HeaderSection extends HeaderReading {
  /** True when lines end with LF alone: the first one does. */
  readonly endsLinesWithLf: boolean
  /** What readers see that end lines at a CR or LF of another kind, too, where that makes a difference; mostly nobody. */
  readonly others: readonly HeaderReading[]
}

/**
 * Reads the header section of content, however long it is, in constant memory. Its lines end as the first one does: with CRLF, or LF.
 * A section without an empty line behind it has no body.
 * @param orNone true: what does not begin with a field has no header section, and is a body
 * @throws {SettingsError} `smime.malformed` when there are about a thousand of the fields that count, or they have more than 1 MiB
 */
export async function readHeaderSection(content: Content, orNone = false): Promise<HeaderSection> {
  const main = new Scan({ orNone })
  await scan(content, [main])
  const { lf } = main
  const ways = main.hasStray ? WAYS.filter((way) => way.lf || !lf) : []
  const others = ways.map((way) => new Scan(way))
  if (others.length > 0 && !main.isNone) await scan(content, others)
  return {
    fields: main.fields,
    bodyAt: main.bodyAt,
    endsLinesWithLf: lf,
    others: others.filter((other) => !main.isNone && !alike(other, main)),
  }
}

/** At which single octets lines may end besides CRLF. */
const WAYS = [
  { cr: false, lf: true },
  { cr: true, lf: false },
  { cr: true, lf: true },
]

async function scan(content: Content, scans: readonly Scan[]): Promise<void> {
  for await (const block of inBlocks(content.octets ? once(content.octets) : content.open())) {
    let open = false
    for (const one of scans) open = !one.push(block) || open
    if (!open) return
  }
  for (const one of scans) one.end()
}

function alike(a: HeaderReading, b: HeaderReading): boolean {
  const same = ({ name, value, isCut }: HeaderField, at: number) => {
    const other = b.fields[at]
    return other?.name === name && other.value === value && other.isCut === isCut
  }
  return a.bodyAt === b.bodyAt && a.fields.length === b.fields.length && a.fields.every(same)
}

/** One reading of the section, octet by octet. */
class Scan implements HeaderReading {
  readonly fields: HeaderField[] = []
  bodyAt = 0
  /** True when a CR or LF stands where no line ends, and others might see an end. */
  hasStray = false
  /** True when there is no header section. */
  isNone = false
  readonly #cr: boolean
  #lf: boolean | undefined
  readonly #orNone: boolean
  #afterCr = false
  #lineOctets = 0
  #lines = 0
  #at: 'name' | 'value' | 'passed over' = 'passed over'
  #name = ''
  #octets: number[] = []
  #keptOctets = 0
  #isCut = false
  #beginsWithField = false
  #ended = false

  constructor({ cr = false, lf, orNone = false }: { cr?: boolean; lf?: boolean; orNone?: boolean }) {
    this.#cr = cr
    this.#lf = lf
    this.#orNone = orNone
  }

  get lf(): boolean {
    return this.#lf ?? false
  }

  /** True once the section has ended. */
  push(block: Uint8Array): boolean {
    for (let at = 0; at < block.length && !this.#ended; at++) this.#take(block[at]!)
    return this.#ended
  }

  /** The content ends here. */
  end(): void {
    if (this.#ended) return
    if (this.#afterCr) this.#strayCr()
    if (!this.#ended && this.#lines === 0) this.#lookAtFirstLine()
    if (!this.#ended) this.#close()
  }

  #take(octet: number): void {
    if (this.#afterCr) {
      this.#afterCr = false
      if (octet === LF) {
        this.#lf ??= false
        this.bodyAt++
        this.#lineEnd()
        return
      }
      this.#strayCr()
      if (this.#ended) return
    }
    this.bodyAt++
    if (octet === CR) this.#afterCr = true
    else if (octet !== LF) this.#data(octet)
    else if ((this.#lf ??= true)) this.#lineEnd()
    else {
      this.hasStray = true
      this.#data(LF)
    }
  }

  #strayCr(): void {
    this.hasStray = true
    if (this.#cr) this.#lineEnd()
    else this.#data(CR)
  }

  #lineEnd(): void {
    if (this.#lineOctets === 0) {
      this.#close()
      this.#ended = true
      return
    }
    if (this.#lines++ === 0) this.#lookAtFirstLine()
    this.#lineOctets = 0
  }

  #data(octet: number): void {
    if (this.#lineOctets++ === 0 && octet !== 32 && octet !== 9) {
      this.#close()
      this.#at = 'name'
    }
    if (this.#at === 'passed over') return
    if (this.#at === 'name') {
      if (octet === COLON) this.#named()
      else if (this.#octets.push(octet) > MAX_NAME_OCTETS) {
        this.#at = 'passed over'
        if (this.#lines === 0) this.#lookAtFirstLine()
      }
      return
    }
    if (this.#octets.length >= MAX_VALUE_OCTETS) this.#isCut = true
    else {
      this.#keep(1)
      this.#octets.push(octet)
    }
  }

  #keep(octets: number): void {
    this.#keptOctets += octets
    if (this.#keptOctets > MAX_KEPT_OCTETS)
      throw malformed('has more than 1 MiB of fields that say who wrote it and what it is')
  }

  #named(): void {
    const name = Buffer.from(this.#octets).toString('latin1')
    this.#octets = []
    if (this.#lines === 0) {
      this.#beginsWithField = /^[!-9;-~]+[ \t]*$/.test(name)
      this.#lookAtFirstLine()
    }
    this.#name = name.trim().toLowerCase()
    this.#at = KEPT.has(this.#name) ? 'value' : 'passed over'
    if (this.#at === 'value') this.#keep(FIELD_OCTETS)
  }

  /** Without a field in its first line, content may be a body alone. */
  #lookAtFirstLine(): void {
    if (!this.#orNone || this.#beginsWithField || this.#lineOctets === 0) return
    this.isNone = this.#ended = true
    this.bodyAt = 0
  }

  #close(): void {
    if (this.#at === 'value') {
      const value = Buffer.from(this.#octets)
        .toString('utf8')
        .replace(/[\r\n]/g, ' ')
        .trim()
      this.fields.push({ name: this.#name, value, isCut: this.#isCut })
    }
    this.#octets = []
    this.#isCut = false
    this.#at = 'passed over'
  }
}
