import { TextDecoder } from 'node:util'
import { entityHeader, type EntityHeader } from './entity-header.js'
import type { Entity, EntityKind } from './entity.js'
import { bufferOf, MAX_HEADER_OCTETS } from './header-section.js'
import { OctetScan } from './octet-scan.js'
import { OctetStore } from './octet-store.js'

const CR = 13
const LF = 10
const DASH = 45
const DASHES = Buffer.from('\n--')
/** RFC 2046 5.1.1 allows 70 characters and white space behind them; more is taken, but not without an end. */
const MAX_DELIMITER_OCTETS = 1000
const MAX_DEPTH = 64
const MAX_PARTS = 10_000

/** How a content is made up. */
export interface Structure {
  /** In the order of their header sections; the first one is the whole. */
  readonly entities: readonly Entity[]
  /** Why it could not be looked through to its end. */
  readonly limit: string | undefined
  /** A line between header sections and bodies, a delimiter or an empty one, does not end with CRLF. */
  readonly bare: boolean
}

/** @throws what the source throws */
export async function structureOf(blocks: AsyncIterable<Uint8Array>): Promise<Structure> {
  const scan = new StructureScan()
  for await (const block of blocks) scan.push(block)
  return scan.end()
}

export function structureOfOctets(...blocks: Uint8Array[]): Structure {
  const scan = new StructureScan()
  for (const block of blocks) scan.push(block)
  return scan.end()
}

/**
 * Finds the parts of a message in blocks of any size (RFC 2046 5.1): header sections, bodies, preambles and epilogues, with what their
 * octets need from the path. One pass, linear, in bounded memory: at most 10,000 parts, nested 64 deep, with header sections of 1 MiB.
 * A delimiter counts only as a whole line; that of an outer multipart ends all inner ones, and what is not closed ends with the content.
 */
export class StructureScan {
  readonly #entities: Entity[] = []
  /** Composites that are open; the last one is the innermost. */
  readonly #stack: Entity[] = []
  /** Multiparts by their boundary, the innermost last. */
  readonly #open = new Map<string, Entity[]>()
  #limit: string | undefined
  #bare = false
  /** Offset of the octet that comes next. */
  #at = 0
  /** A line of a header section, or one that may be a delimiter, of which the end has not come. */
  readonly #line = new OctetStore()
  #lineStart = true
  /** A header section is being read, not a body. */
  #inSection = true
  readonly #section = new OctetStore()
  #sectionStart = 0
  #coming: Pick<Entity, 'parent' | 'index' | 'isMessage'> = { parent: undefined, index: 0, isMessage: true }
  /** The entity whose body, preamble or epilogue is being read. */
  #current: Entity | undefined
  #regionFrom = 0
  #facts = new OctetScan()
  #text: TextDecoder | undefined

  push(block: Uint8Array): void {
    const octets = bufferOf(block)
    let at = 0
    while (at < octets.length) {
      at = this.#inSection || this.#line.length > 0 ? this.#takeLine(octets, at) : this.#takeBody(octets, at)
    }
  }

  end(): Structure {
    if (this.#line.length > 0) this.#endLine(this.#line.octets)
    if (this.#inSection) this.#endSection(this.#at)
    this.#endRegion(this.#at, false)
    return { entities: this.#entities, limit: this.#limit, bare: this.#bare }
  }

  /** A line up to its end, or what the block has of it. */
  #takeLine(octets: Buffer, at: number): number {
    const lf = octets.indexOf(LF, at)
    const end = lf < 0 ? octets.length : lf + 1
    const line = octets.subarray(at, end)
    this.#at += line.length
    if (lf >= 0 && this.#line.length === 0) {
      this.#endLine(line)
      return end
    }
    this.#line.append(line)
    const full = this.#inSection
      ? this.#section.length + this.#line.length > MAX_HEADER_OCTETS
      : this.#line.length > MAX_DELIMITER_OCTETS || !mayBeDelimiter(this.#line.octets)
    if (lf >= 0 || full) this.#endLine(this.#line.octets)
    return end
  }

  #endLine(line: Buffer): void {
    this.#line.clear()
    const start = this.#at - line.length
    const dashes = this.#lineStart && line[0] === DASH && line[1] === DASH
    if (dashes && line.length <= MAX_DELIMITER_OCTETS && this.#delimiter(line, start)) return
    if (!this.#inSection) {
      this.#feed(line)
      return
    }
    if (line.length <= 2 && (line[0] === LF || (line[0] === CR && line[1] === LF))) {
      if (line.length === 1) this.#bare = true
      this.#endSection(start)
      return
    }
    this.#section.append(line)
    if (this.#section.length <= MAX_HEADER_OCTETS) return
    this.#limit = `a header section of more than ${MAX_HEADER_OCTETS} octets`
    this.#endSection(this.#at)
  }

  /** Octets of a body up to the next line that may be a delimiter, or to the end of the block. */
  #takeBody(octets: Buffer, at: number): number {
    const looks = this.#open.size > 0
    if (looks && this.#lineStart && octets[at] === DASH) return this.#takeLine(octets, at)
    let end = octets.length
    if (looks) {
      const found = octets.indexOf(DASHES, at)
      if (found >= 0) end = found + 1
      else if (octets[end - 1] === DASH && octets[end - 2] === LF && end - 1 > at) end--
    }
    this.#at += end - at
    this.#feed(octets.subarray(at, end))
    return end
  }

  #feed(octets: Uint8Array): void {
    this.#facts.push(octets)
    this.#lineStart = octets[octets.length - 1] === LF
    if (!this.#text || !this.#current) return
    try {
      this.#text.decode(octets, { stream: true })
    } catch {
      this.#current.utf8 = false
      this.#text = undefined
    }
  }

  /** True when the line is a delimiter of a multipart that is open. */
  #delimiter(line: Buffer, start: number): boolean {
    let end = line.length
    while (end > 2 && isSpace(line[end - 1]!)) end--
    const text = line.toString('latin1', 2, end)
    const closing = text.endsWith('--') ? this.#open.get(text.slice(0, -2)) : undefined
    const owner = (this.#open.get(text) ?? closing)?.at(-1)
    if (!owner) return false
    const closes = !this.#open.has(text)
    if (line.at(-1) === LF && line.at(-2) !== CR) this.#bare = true
    if (this.#inSection) this.#endSection(start, true)
    this.#endRegion(start, true)
    while (this.#stack.at(-1) !== owner) this.#pop()
    this.#lineStart = true
    if (closes) {
      this.#forget(owner)
      this.#begin(owner, this.#at) // its epilogue
    } else {
      owner.children++
      this.#coming = { parent: owner, index: owner.children, isMessage: false }
      this.#beginSection()
    }
    return true
  }

  #beginSection(): void {
    this.#inSection = true
    this.#section.clear()
    this.#sectionStart = this.#at
    this.#current = undefined
  }

  /** @param end where the section ends: the empty line, a delimiter (`cut`), or the end of the content */
  #endSection(end: number, cut = false): void {
    const header = entityHeader(this.#section.octets, this.#sectionStart)
    this.#inSection = false
    this.#lineStart = true
    const entity = this.#entity(header)
    if (this.#entities.length < MAX_PARTS) this.#entities.push(entity)
    else this.#limit ??= `more than ${MAX_PARTS} parts`
    this.#begin(entity, cut ? end : this.#at)
    if (cut || this.#limit !== undefined) return
    if (entity.kind === 'multipart') {
      const boundary = Buffer.from(header.boundary!).toString('latin1')
      this.#stack.push(entity)
      const same = this.#open.get(boundary)
      if (same) same.push(entity)
      else this.#open.set(boundary, [entity])
    } else if (entity.kind === 'message') {
      this.#stack.push(entity)
      this.#coming = { parent: entity, index: 1, isMessage: true }
      this.#beginSection()
    }
  }

  #entity(header: EntityHeader): Entity {
    const { parent, index, isMessage } = this.#coming
    const type =
      header.type ?? (parent?.type === 'multipart/digest' && !this.#coming.isMessage ? 'message/rfc822' : 'text/plain')
    const depth = parent ? parent.depth + 1 : 0
    return {
      ...this.#coming,
      depth,
      sealed: parent && (sealOf(parent, index) ?? (isMessage && header.signed ? SIGNED_MESSAGE : undefined)),
      header,
      kind: kindOf(type, header, depth),
      type,
      children: 0,
      regions: [],
    }
  }

  /** What follows belongs to this entity. */
  #begin(entity: Entity, from: number): void {
    this.#current = entity
    this.#regionFrom = from
    this.#facts = new OctetScan()
    this.#text =
      entity.isMessage && entity.header.type === undefined && entity.kind === 'leaf'
        ? new TextDecoder('utf-8', { fatal: true })
        : undefined
    if (this.#text) entity.utf8 = true
  }

  #endRegion(next: number, delimited: boolean): void {
    const entity = this.#current
    this.#current = undefined
    if (!entity) return
    const facts = this.#facts
    facts.end()
    if (this.#text) {
      try {
        this.#text.decode()
      } catch {
        entity.utf8 = false
      }
      this.#text = undefined
    }
    if (facts.length === 0) return
    const to = delimited ? Math.max(this.#regionFrom, next - facts.lastLineEnd) : next
    entity.regions.push({ from: this.#regionFrom, to, next, facts })
  }

  #pop(): void {
    const entity = this.#stack.pop()!
    if (entity.kind === 'multipart') this.#forget(entity)
  }

  /** Its delimiters mean nothing any more. */
  #forget(entity: Entity): void {
    const boundary = Buffer.from(entity.header.boundary!).toString('latin1')
    const same = this.#open.get(boundary)
    if (same?.at(-1) !== entity) return // closed before
    same.pop()
    if (same.length === 0) this.#open.delete(boundary)
  }
}

/** DKIM (RFC 6376) and ARC (RFC 8617) cover the whole body. */
const SIGNED_MESSAGE = 'message with a DKIM or ARC signature'

function kindOf(type: string, { boundary, encoding }: EntityHeader, depth: number): EntityKind {
  if (type.startsWith('multipart/')) return boundary === undefined || depth >= MAX_DEPTH ? 'closed' : 'multipart'
  if (!type.startsWith('message/') || type.startsWith('message/global')) return 'leaf' // RFC 6532 3.5
  // against RFC 2045 6.4, and yet it is decoded by those who get it
  if (encoding === 'base64' || encoding === 'quoted-printable') return 'leaf'
  return type === 'message/rfc822' && depth < MAX_DEPTH ? 'message' : 'closed'
}

/** The first part of a multipart/signed is what is signed; every part of a multipart/encrypted has to stay (RFC 1847 2). */
function sealOf(parent: Entity, index: number): string | undefined {
  if (parent.sealed !== undefined) return parent.sealed
  const types = [parent.type, ...parent.header.types]
  if (types.includes('multipart/encrypted')) return 'multipart/encrypted'
  return index === 1 && types.includes('multipart/signed') ? 'multipart/signed' : undefined
}

const isSpace = (octet: number) => octet === 32 || octet === 9 || octet === CR || octet === LF

const mayBeDelimiter = (line: Buffer) => line.length < 2 || line[1] === DASH
