import { isAscii } from 'node:buffer'
import type { Content, ContentEncoding } from '@posthorn/ground'
import { isWhole, octetsOf, type MessageBody } from './message-body.js'
import type { MessageParts } from './message-parts.js'
import type { TransferTeller } from './transfer-teller.js'

/** The body is told in steps of this size. */
const STEP_OCTETS = 64 * 1024

/**
 * Header and body in memory, with what is known of them, so that the engine need not look at them again; what it cannot see at once because
 * it is told step by step is looked at here.
 */
export function memoryContent({ header, utf8, body }: MessageParts, teller: TransferTeller | undefined): Content {
  if (!teller || body.sizeOctets === 0) return new WholeContent(joined(header, utf8, body), utf8, body)
  const head = Buffer.from(header, utf8 ? 'utf8' : 'latin1')
  const octets = octetsOf(body)
  return new ToldContent(head, octets, utf8, lookedAt(body, octets), teller)
}

/** What the engine would see of the octets if it had them at once: it is to do the same, whether somebody is told or not. */
function lookedAt(body: MessageBody, octets: Buffer): MessageBody {
  if (body.canonical) return body
  return { ...body, canonical: isWhole(body), encoding: isAscii(octets) ? '7bit' : '8bit' }
}

/** What is known of it. A class, since an object that is put together from others costs more than all the rest. */
class MemoryContent {
  readonly sizeOctets: number
  readonly utf8Header: boolean
  declare readonly canonical?: true
  declare readonly encoding?: ContentEncoding

  constructor(sizeOctets: number, utf8: boolean, { canonical, encoding }: MessageBody) {
    this.sizeOctets = sizeOctets
    this.utf8Header = utf8
    if (canonical) this.canonical = true
    const known = utf8 ? '8bit' : encoding
    if (known !== undefined) this.encoding = known
  }
}

class WholeContent extends MemoryContent implements Content {
  readonly octets: Buffer

  constructor(octets: Buffer, utf8: boolean, body: MessageBody) {
    super(octets.length, utf8, body)
    this.octets = octets
  }

  async *open(): AsyncGenerator<Uint8Array, void, undefined> {
    yield this.octets
  }
}

/** The body goes in blocks, and each is told. */
class ToldContent extends MemoryContent implements Content {
  readonly #head: Buffer
  readonly #body: Buffer
  readonly #teller: TransferTeller

  constructor(head: Buffer, octets: Buffer, utf8: boolean, body: MessageBody, teller: TransferTeller) {
    super(head.length + octets.length, utf8, body)
    this.#head = head
    this.#body = octets
    this.#teller = teller
  }

  async *open(): AsyncGenerator<Uint8Array, void, undefined> {
    const body = this.#body
    await this.#teller.start()
    for (let at = 0; at < body.length;) {
      const block = body.subarray(at, at + STEP_OCTETS)
      // in one piece: a header alone would wait for the other side's acknowledgement
      yield at === 0 ? Buffer.concat([this.#head, block]) : block
      at += block.length
      await this.#teller.step(block, at, Math.floor((at / body.length) * 100))
    }
    await this.#teller.end()
  }
}

/** Written to one place at once: a text put together from both would be copied twice. */
function joined(header: string, utf8: boolean, { octets, sizeOctets }: MessageBody): Buffer {
  const headOctets = utf8 ? Buffer.byteLength(header) : header.length
  const whole = Buffer.allocUnsafe(headOctets + sizeOctets)
  if (utf8) whole.write(header, 0, 'utf8')
  else whole.write(header, 0, 'latin1')
  if (typeof octets === 'string') whole.write(octets, headOctets, 'latin1')
  else octets.copy(whole, headOctets)
  return whole
}
