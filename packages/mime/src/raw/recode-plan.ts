import type { ContentEncoding } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import type { Range } from './entity-header.js'
import { partName, type Entity, type Region } from './entity.js'
import type { Structure } from './structure.js'

const MAX_LINE_OCTETS = 998 // RFC 5322 2.1.1
/** Above this share of octets above 127, base64 is the shorter one. */
const BASE64_SHARE = 0.18
const IDENTITY = /^(?:|[78]-?bits?|binary)$/

/** How a run of octets is written anew. */
export type Rewriting = 'base64' | 'quoted-printable' | 'rewrap-base64' | 'mend-quoted-printable' | 'mask'

/** What takes the place of a run of octets of the content; without an extent it is put in. */
export interface Edit extends Range {
  readonly put?: string
  readonly as?: Rewriting
}

/**
 * What has to change so that the content can go where no more than `widest` is carried (RFC 6152 3), in the order of its octets.
 * Nothing else is touched.
 * @throws {SettingsError} `content.signed` when a signature covers what would change; `content.eight-bit` and `content.line-ends` when it
 * stands where no transfer encoding helps; `content.structure` when the structure leaves the meaning open
 */
export function recodePlan(structure: Structure, widest: '7bit' | '8bit', breakSignatures: boolean): Edit[] {
  const { entities, limit, bare } = structure
  if (limit !== undefined) throw unclear('the message', `has ${limit}`)
  if (bare) throw lineEnds('a line between its parts')
  const edits: Edit[] = []
  for (const entity of entities) new EntityPlan(entity, widest, breakSignatures).addTo(edits)
  if (!entities.some(({ regions }) => regions.some((region) => mustChange(region, widest)))) return []
  if (entities[0]?.header.signed && !breakSignatures) throw signed('a DKIM or ARC signature over the body')
  return edits.sort((a, b) => a.from - b.from)
}

/** The path does not carry it. */
function mustChange({ facts }: Region, widest: '7bit' | '8bit'): boolean {
  return facts.bareAt >= 0 || (widest === '7bit' && facts.highOctets > 0)
}

/** RFC 2045 2.7 and 2.8 do not allow it on such a path, though it gets through as a rule. */
function shouldChange({ facts }: Region): boolean {
  return facts.nul || facts.longestLine > MAX_LINE_OCTETS
}

const TWO_MEANINGS = 'has two types, boundaries or transfer encodings'

class EntityPlan {
  readonly #entity: Entity
  readonly #widest: '7bit' | '8bit'
  readonly #sealed: string | undefined

  constructor(entity: Entity, widest: '7bit' | '8bit', breakSignatures: boolean) {
    this.#entity = entity
    this.#widest = widest
    this.#sealed = breakSignatures ? undefined : entity.sealed
  }

  addTo(edits: Edit[]): void {
    const { kind, header, parent, regions } = this.#entity
    if (parent && this.#widest === '7bit' && header.high) {
      throw eightBit(`the header section of ${partName(this.#entity)} has octets above 127`)
    }
    if (parent && header.bare) throw lineEnds(`the header section of ${partName(this.#entity)}`)
    if (regions.some((region) => mustChange(region, this.#widest))) this.#refuseUnclearAbove()
    const body = regions[0]
    if (kind === 'multipart') this.#multipart(edits)
    else if (kind === 'message') this.#relabel(edits)
    else if (body && mustChange(body, this.#widest)) {
      if (kind === 'closed') {
        throw unclear(partName(this.#entity), `is ${this.#entity.type}, which allows no transfer encoding`)
      }
      if (this.#sealed !== undefined) throw signed(`${partName(this.#entity)}, which is in a ${this.#sealed}`)
      if (!this.#isClear()) throw unclear(partName(this.#entity), `${TWO_MEANINGS}, or one that is unknown`)
      this.#leaf(body, edits)
    } else if (kind === 'leaf') {
      if (!body || !shouldChange(body)) this.#relabel(edits)
      else if (this.#sealed === undefined && this.#isClear()) this.#leaf(body, edits)
    }
  }

  /** What stands in a composite that readers take apart in different ways may be something else for some of them. */
  #refuseUnclearAbove(): void {
    if (this.#sealed !== undefined) return // refused for that
    const above = this.#unclearAbove()
    if (above) throw unclear(partName(above), TWO_MEANINGS)
  }

  #unclearAbove(): Entity | undefined {
    for (let at = this.#entity.parent; at; at = at.parent) if (at.header.ambiguous) return at
    return undefined
  }

  #isClear(): boolean {
    const { ambiguous, encoding = '' } = this.#entity.header
    if (this.#unclearAbove()) return false
    return !ambiguous && (IDENTITY.test(encoding) || encoding === 'base64' || encoding === 'quoted-printable')
  }

  #leaf({ from, to, next, facts }: Region, edits: Edit[]): void {
    const { header, type } = this.#entity
    if (header.encoding === 'base64') edits.push({ from, to: next, as: 'rewrap-base64' })
    else if (header.encoding === 'quoted-printable') edits.push({ from, to, as: 'mend-quoted-printable' })
    else {
      const readable = type.startsWith('text/') && facts.bareAt < 0 && facts.highOctets <= BASE64_SHARE * facts.length
      edits.push({ from, to, as: readable ? 'quoted-printable' : 'base64' })
      // base64 has brought a line end, which the delimiter can have
      if (!readable && next > to) edits.push({ from: to, to: next, put: '' })
      this.#label(readable ? 'quoted-printable' : 'base64', facts.highOctets > 0, edits)
    }
  }

  #multipart(edits: Edit[]): void {
    const { regions, children } = this.#entity
    for (const region of regions) {
      const must = mustChange(region, this.#widest)
      if (!must && !shouldChange(region)) continue
      if (this.#sealed !== undefined) {
        if (must) throw signed(`${partName(this.#entity)}, which is in a ${this.#sealed}`)
        continue
      }
      if (this.#entity.header.ambiguous || this.#unclearAbove()) {
        if (must) throw unclear(partName(this.#entity), TWO_MEANINGS)
        continue
      }
      if (children === 0) throw unclear(partName(this.#entity), 'is a multipart without parts')
      if (region.facts.bareAt >= 0) throw lineEnds(`${partName(this.#entity)}, between its parts,`)
      edits.push({ from: region.from, to: region.to, as: 'mask' }) // nobody is shown it: RFC 2046 5.1.1
    }
    this.#relabel(edits)
  }

  /** A label that says more than the path carries, over octets that need no more. */
  #relabel(edits: Edit[]): void {
    const { encodingFields, encoding = '', ambiguous } = this.#entity.header
    if (this.#sealed !== undefined || ambiguous || encodingFields.length === 0 || this.#unclearAbove()) return
    if (encoding === 'binary' || (this.#widest === '7bit' && /^8-?bits?$/.test(encoding)))
      this.#label(this.#widest, false, edits)
  }

  /** Says the transfer encoding in place, and completes what makes MIME of a message (RFC 2045 4). */
  #label(encoding: string, high: boolean, edits: Edit[]): void {
    const { header, isMessage, utf8 } = this.#entity
    const field = `Content-Transfer-Encoding: ${encoding}\r\n`
    for (const range of header.encodingFields) edits.push({ ...range, put: field })
    let more = header.encodingFields.length === 0 ? field : ''
    if (isMessage && header.type === undefined && high) {
      // RFC 1428 2: unknown-8bit where nothing is known
      more = `Content-Type: text/plain; charset=${utf8 ? 'utf-8' : 'unknown-8bit'}\r\n${more}`
    }
    if (isMessage && !header.hasMimeVersion) more = `MIME-Version: 1.0\r\n${more}`
    if (more !== '') edits.push({ from: header.fieldsEnd, to: header.fieldsEnd, put: more })
  }
}

/** True when the content fits without a change of its octets. */
export function fits(encoding: ContentEncoding, widest: ContentEncoding): boolean {
  return ORDER[encoding] <= ORDER[widest]
}

const ORDER = { '7bit': 0, '8bit': 1, binary: 2 } as const

function signed(what: string) {
  return refusal(
    'content.signed',
    'content',
    `cannot be re-encoded for this server, because it would break ${what}`,
    'Send through a server with 8BITMIME, sign a message that is 7bit, or allow it with breakSignatures.',
  )
}

/** Octets above 127 where they cannot be encoded. */
export function eightBit(what: string) {
  return refusal(
    'content.eight-bit',
    'content',
    `cannot be re-encoded for a server without 8BITMIME: ${what}`,
    'Encode the header fields (RFC 2047, RFC 2231), or send through a server with 8BITMIME.',
  )
}

function lineEnds(what: string) {
  return refusal(
    'content.line-ends',
    'content',
    `cannot be re-encoded: ${what} has a CR or LF that stands alone`,
    "Have line ends repaired (lineEnds: 'repair'), or send through a server with BINARYMIME.",
  )
}

function unclear(what: string, why: string) {
  return refusal(
    'content.structure',
    'content',
    `cannot be re-encoded for this server: ${what} ${why}`,
    'Encode the parts as base64 or quoted-printable, or send through a server with 8BITMIME.',
  )
}
