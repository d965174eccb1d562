import { InvariantError, PosthornError, SettingsError, type Content, type Reply } from '@posthorn/ground'
import { LineTransform } from './content/line-transform.js'
import { octetsOf, sourceFailed } from './content/prepare.js'
import { progressOf } from './progress.js'
import { isPositive } from './fault.js'
import { blockLimit } from './phase-limits.js'
import type { Session } from './session.js'
import { eightBit, type Transaction } from './transaction.js'
import type { Wire } from './wire.js'

const SMALL_OCTETS = 64 * 1024
const SLICE_OCTETS = 1024 * 1024
const MAX_SLICE_OCTETS = 8 * 1024 * 1024
const MIN_SLICE_OCTETS = 16 * 1024
const SLOWEST_OCTETS_PER_MS = 8
const SHOWN_SLICE_OCTETS = 512 * 1024
const AT_ONCE_MS = 20

/** What stopped content before its end: a refusal of the server. `usable`: the session knows where the server is and may go on. */
export interface Stopped {
  readonly reply: Reply
  readonly usable: boolean
}

/**
 * Sends the content of a transaction whose recipients are settled. With its last octets goes whatever `ride` adds to the group
 * (RFC 2920 3.1 lets content stand first in a group). Resolves with what stopped it, or undefined when all of it is out.
 * @throws {SettingsError} when the source fails or is not what it said; the connection must be dropped then, never finished with a dot
 */
export function sendContent(
  session: Session,
  transaction: Transaction,
  ride: () => void,
): Promise<Stopped | undefined> | undefined {
  const { wire } = session
  const octets = transaction.rendition.inMemory
  if (octets === undefined || octets.length > SMALL_OCTETS) return stream(session, transaction, ride)
  if (transaction.carriage === 'data') {
    wire.octets(transaction.rendition.examined!.dots ? new LineTransform(true).push(octets) : octets)
  } else {
    const line = `BDAT ${octets.length} LAST`
    wire.frame(`${line}\r\n`, line)
    wire.octets(octets)
  }
  finish(session, transaction, ride)
  if (session.trail.on) progressOf(session.trail, octets.length).done(octets.length)
  return undefined
}

/** The end of the content, the replies it asks for, and the group that rides behind. */
export function finish(session: Session, transaction: Transaction, ride: () => void): void {
  const { wire } = session
  if (wire.failure) throw wire.failure
  if (transaction.carriage === 'data') wire.frame('.\r\n')
  wire.contentDone()
  transaction.stage = 'sent'
  // RFC 2033 4.2: LMTP answers once for each recipient it accepted
  const replies = session.options.protocol === 'lmtp' ? transaction.accepted.length : 1
  for (let count = 0; count < replies; count++) wire.expect('final')
  ride()
  wire.flush()
}

async function stream(session: Session, transaction: Transaction, ride: () => void): Promise<Stopped | undefined> {
  const { wire } = session
  const { rendition, carriage } = transaction
  const { content, inMemory: memory } = rendition
  const total = carriage === 'bdat' ? rendition.wireOctets! : (memory?.length ?? content.sizeOctets)
  const announced = carriage === 'bdat' ? total : (memory?.length ?? content.sizeOctets)
  const progress = progressOf(session.trail, total)
  const lines = lineTransform(session, transaction, memory !== undefined)
  const checks8Bit = !session.extensions.eightBitMime && !rendition.binary
  const paced = session.options.maxOctetsPerSecond !== undefined
  wire.contentBegins()
  transaction.stage = 'content'
  if (carriage === 'bdat') wire.frame(`BDAT ${total} LAST\r\n`, `BDAT ${total} LAST`)
  let given = 0
  let heldBack: Uint8Array | undefined
  for await (const block of memory ? slices(memory, session) : opened(content, wire)) {
    given += block.length
    if (announced !== undefined && given > announced) throw changed(announced)
    if (block.length > 0) {
      let octets = lines ? lines.push(block) : block
      if (carriage === 'bdat' && octets !== block) throw notCanonical() // the size is out, nothing can be added
      if (carriage === 'bdat' && !memory && given === total) {
        // the chunk must not be whole before the source has shown that it ends here
        heldBack = Uint8Array.of(octets[octets.length - 1]!)
        octets = octets.subarray(0, -1)
      }
      // the last part goes together with the end: alone, each of them would wait for the other side's acknowledgement of the one before
      const last = given === announced && (memory !== undefined || (octets.length <= SMALL_OCTETS && !paced))
      put(wire, last && !memory ? Buffer.from(octets) : octets, transaction)
      if (lines?.high && checks8Bit) throw eightBit()
      if (!last) await wire.taken()
      progress.at(given)
    }
    const stopped = check(wire, transaction)
    if (stopped) return stopped
  }
  // a refusal may have come while the source was asked for more
  const stopped = check(wire, transaction)
  if (stopped) return stopped
  if (announced !== undefined && given !== announced) throw changed(announced)
  if (heldBack) wire.octets(heldBack)
  const rest = lines && !memory ? lines.end() : undefined
  if (carriage === 'bdat' && rest && rest.length > 0) throw notCanonical()
  if (carriage === 'bdat-series') wire.frame(`BDAT ${rest?.length ?? 0} LAST\r\n`, `BDAT ${rest?.length ?? 0} LAST`)
  if (rest) wire.octets(rest)
  finish(session, transaction, ride)
  progress.done(given)
  return undefined
}

export function lineTransform(
  session: Session,
  { rendition, carriage }: Transaction,
  memory: boolean,
): LineTransform | undefined {
  if (rendition.binary) return undefined
  const { content, examined } = rendition
  if (carriage === 'data') return memory && !examined!.dots ? undefined : new LineTransform(true)
  if (memory) return undefined
  const promised = content.encoding === '7bit' || session.extensions.eightBitMime
  if (rendition.asIs) return promised ? undefined : new LineTransform(false, false)
  return content.canonical && promised ? undefined : new LineTransform(false)
}

function put(wire: Wire, octets: Uint8Array, transaction: Transaction): void {
  if (transaction.carriage === 'bdat-series') putPiece(wire, octets, transaction)
  else wire.octets(octets)
}

/** One BDAT that is not the last, and its reply. */
export function putPiece(wire: Wire, octets: Uint8Array, transaction: Transaction): void {
  wire.frame(`BDAT ${octets.length}\r\n`, `BDAT ${octets.length}`)
  wire.octets(octets)
  wire.expect('content')
  transaction.chunks++
}

/** The connection's end, a refusal nobody waited for, or a refused BDAT: no further octet is to be sent (RFC 3030 2). */
export function check(wire: Wire, transaction: Transaction): Stopped | undefined {
  if (wire.failure) throw wire.failure
  if (wire.early) return { reply: wire.early, usable: false }
  while (transaction.chunks > 0) {
    const reply = wire.take()
    if (!reply) return undefined
    transaction.chunks--
    if (!isPositive(reply)) return { reply, usable: true }
  }
  return undefined
}

/**
 * The blocks of a source, until it or the connection ends.
 * @throws {SettingsError} `content.source-failed` when the source throws, `content.type` when it gives anything but octets or text
 */
export async function* opened(content: Content, wire: Wire): AsyncGenerator<Uint8Array, void, undefined> {
  let source: AsyncIterator<unknown> | undefined
  try {
    source = content.open()[Symbol.asyncIterator]()
    for (;;) {
      // a source may stall for ever; the end of the connection ends the wait for it
      const step = await wire.whileOpen(source.next())
      if (!step) throw wire.failure ?? new InvariantError('the wire ended without a reason')
      if (step.done) {
        source = undefined
        return
      }
      yield octetsOf(step.value)
    }
  } catch (cause) {
    if (cause instanceof PosthornError) throw cause
    throw sourceFailed(cause, 'content')
  } finally {
    // told, not waited for: what it does with that is its own business
    source?.return?.().catch(() => {})
  }
}

/** Parts of the memory: larger ones while the other side takes them at once, small ones at a pace or while somebody watches the progress. */
function* slices(octets: Uint8Array, { trail, options }: Session): Generator<Uint8Array, void, undefined> {
  const pace = options.maxOctetsPerSecond
  const shown = trail.on || pace !== undefined
  // a slow line must get through one within the time allowed for it
  const inTime = Math.max(MIN_SLICE_OCTETS, blockLimit(options.timeouts ?? {}) * SLOWEST_OCTETS_PER_MS)
  const usual = Math.min(SLICE_OCTETS, inTime)
  let size = Math.min(shown ? SHOWN_SLICE_OCTETS : SLICE_OCTETS, inTime, pace ?? SLICE_OCTETS)
  for (let from = 0; from < octets.length;) {
    const startedAt = performance.now()
    yield octets.subarray(from, from + size)
    from += size
    if (shown) continue
    size = performance.now() - startedAt < AT_ONCE_MS ? Math.min(2 * size, MAX_SLICE_OCTETS) : usual
  }
}

function notCanonical(): SettingsError {
  return new SettingsError(
    'content.not-canonical',
    'content',
    'promised canonical lines and has a CR or LF that stands alone',
    {
      phase: 'content',
      hint: 'Leave canonical out, so that Posthorn repairs the lines.',
    },
  )
}

export function changed(sizeOctets: number): SettingsError {
  return new SettingsError('content.changed', 'content', `did not give the ${sizeOctets} octets it announced`, {
    phase: 'content',
    hint: 'A source must give the same octets each time it is opened; correct sizeOctets.',
  })
}
