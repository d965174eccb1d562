import type { EntityHeader } from './entity-header.js'
import type { OctetScan } from './octet-scan.js'

/**
 * `leaf`: octets under a transfer encoding. `multipart`: parts, and a preamble and an epilogue that nobody shows. `message`: a header
 * section and a body of its own. `closed`: a composite that allows no transfer encoding (RFC 2045 6.4) and cannot be looked into.
 */
export type EntityKind = 'leaf' | 'multipart' | 'message' | 'closed'

/** What is known about a run of octets of the content. */
export interface Region {
  readonly from: number
  /** Where it ends; the line end in front of a delimiter belongs to the delimiter (RFC 2046 5.1.1). */
  readonly to: number
  /** Where the delimiter begins that ends it, or the content ends. */
  readonly next: number
  readonly facts: OctetScan
}

/** A message or a part of one, RFC 2045 2.4. */
export interface Entity {
  readonly parent: Entity | undefined
  /** 1 for the first part of its parent. */
  readonly index: number
  readonly depth: number
  /** True when its header section is that of a message: the whole, or one in a message/rfc822. */
  readonly isMessage: boolean
  /** What it is in when its octets must stay as they are: a `multipart/signed` or `multipart/encrypted` (RFC 1847 2), a signed message. */
  readonly sealed: string | undefined
  readonly header: EntityHeader
  readonly kind: EntityKind
  /** With the default of RFC 2045 5.2 and RFC 2046 5.1.5. */
  readonly type: string
  /** Parts begun so far. */
  children: number
  /** Its body when it is no composite; else its preamble and its epilogue. */
  readonly regions: Region[]
  /** The body is UTF-8; known only for a message without a Content-Type. */
  utf8?: boolean
}

/** `part 2.1` as people count them, `the body` for the whole. */
export function partName(entity: Entity): string {
  const numbers: number[] = []
  for (let at = entity; at.parent; at = at.parent) if (!at.isMessage) numbers.unshift(at.index)
  return numbers.length === 0 ? 'the body' : `part ${numbers.join('.')}`
}
