import type { Content, ContentEncoding } from '@posthorn/ground'
import { Edited } from './edited.js'
import { once } from './raw-source.js'
import { eightBit, fits, recodePlan, type Edit } from './recode-plan.js'
import { structureOf, structureOfOctets, type Structure } from './structure.js'

/** What is known about content that may have to be re-encoded. */
export interface RecodeFacts {
  readonly encoding: ContentEncoding
  /** Octets above 127 stand in its header section; `utf8` when they are UTF-8. */
  readonly headerHigh: false | 'utf8' | 'other'
  /** A signature over the body does not stop it. */
  readonly breakSignatures: boolean
}

/** Octets in memory for a path that carries `widest`; the same octets when there is nothing to change. @throws as `recodePlan` */
export function recodeOctets(octets: Uint8Array, widest: '7bit' | '8bit', facts: RecodeFacts): Uint8Array {
  const edits = plan(structureOfOctets(octets), widest, facts)
  if (edits.length === 0) return octets
  const chunks: Uint8Array[] = []
  for (const chunk of new Edited(edits).push(octets)) chunks.push(isViewOf(chunk, octets) ? chunk : Buffer.from(chunk))
  return Buffer.concat(chunks)
}

const isViewOf = (chunk: Uint8Array, octets: Uint8Array) => chunk.buffer === octets.buffer

function plan(structure: Structure, widest: '7bit' | '8bit', { headerHigh, breakSignatures }: RecodeFacts): Edit[] {
  if (widest === '7bit' && headerHigh === 'other')
    throw eightBit('its header section has octets above 127 that are no UTF-8')
  return recodePlan(structure, widest, breakSignatures)
}

/** A way to a narrower path: the content for it, or why there is none. */
type Way = { readonly edits: readonly Edit[]; readonly sizeOctets: number } | { readonly error: unknown }

/**
 * Content that is read from its source each time, with a `recode` that is settled beforehand, since it has to answer at once. Content
 * that is 7bit is not read for that.
 * @param read gives the same octets until nobody wants them any more
 */
export async function recodable(
  base: Content & { readonly sizeOctets: number },
  read: () => AsyncIterable<Uint8Array>,
  facts: RecodeFacts,
): Promise<Content> {
  if (facts.encoding === '7bit') return withRecode(base, (self) => self)
  const structure = await structureOf(read())
  const ways = new Map<ContentEncoding, Way>()
  for (const widest of ['7bit', '8bit'] as const) {
    if (!fits(facts.encoding, widest)) ways.set(widest, await way(structure, widest, base.sizeOctets, read, facts))
  }
  return withRecode(base, (self, widest) => {
    const found = fits(facts.encoding, widest) ? undefined : ways.get(widest)
    if (!found) return self
    if ('error' in found) throw found.error
    const { edits, sizeOctets } = found
    if (edits.length === 0) return self
    const open = () => edited(base.open(), edits)
    return recoded({ sizeOctets, open }, widest, facts, (again) => self.recode!(again))
  })
}

async function way(
  structure: Structure,
  widest: '7bit' | '8bit',
  unchangedOctets: number,
  read: () => AsyncIterable<Uint8Array>,
  facts: RecodeFacts,
): Promise<Way> {
  let edits: readonly Edit[]
  try {
    edits = plan(structure, widest, facts)
  } catch (error) {
    return { error }
  }
  if (edits.length === 0) return { edits, sizeOctets: unchangedOctets }
  let sizeOctets = 0
  for await (const chunk of edited(read(), edits)) sizeOctets += chunk.length
  return { edits, sizeOctets }
}

async function* edited(
  blocks: AsyncIterable<Uint8Array>,
  edits: readonly Edit[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const rewriting = new Edited(edits)
  for await (const block of blocks) yield* rewriting.push(block)
}

/** Content in memory; its `recode` looks into the octets when it is asked. */
export function recodableOctets(base: Content & { readonly octets: Uint8Array }, facts: RecodeFacts): Content {
  return withRecode(base, (self, widest) => {
    if (fits(facts.encoding, widest) || widest === 'binary') return self
    const octets = recodeOctets(base.octets, widest, facts)
    if (octets === base.octets) return self
    return recoded({ octets, sizeOctets: octets.length, open: () => once(octets) }, widest, facts, (again) =>
      self.recode!(again),
    )
  })
}

function withRecode(base: Content, recode: (self: Content, widest: ContentEncoding) => Content): Content {
  const known = new Map<ContentEncoding, Content>()
  const self: Content = {
    ...base,
    recode: (widest) => {
      const found = known.get(widest) ?? recode(self, widest)
      known.set(widest, found)
      return found
    },
  }
  return self
}

/** What came of it: a header section in UTF-8 stays, and needs SMTPUTF8 (RFC 6531), which implies 8BITMIME. */
function recoded(
  made: Content,
  widest: ContentEncoding,
  { headerHigh }: RecodeFacts,
  narrower: (widest: ContentEncoding) => Content,
): Content {
  const encoding = headerHigh === false ? widest : '8bit'
  return withRecode({ ...made, canonical: true, encoding, utf8Header: headerHigh === 'utf8' }, (self, again) =>
    fits(widest, again) ? self : narrower(again),
  )
}
