import type { Content } from '@posthorn/ground'
import type { MessageBody } from './message-body.js'

/** Is told how the body goes. What it returns is waited for before more of the body is read. */
export interface TransferTeller {
  /** Before the first octet of the body; not for an empty one. */
  start(): Promise<void> | undefined
  /** After each block was taken. `percentDone` -1: the length is not known. */
  step(text: Buffer, bytesTransferred: number, percentDone: number): Promise<void> | undefined
  /** After the last. */
  end(): Promise<void> | undefined
}

/** The body is told in steps of this size. */
const STEP_OCTETS = 64 * 1024

/** Header and body in memory, with what is known of them, so that the engine need not look at them again. */
export function memoryContent(
  header: string,
  utf8: boolean,
  body: MessageBody,
  teller: TransferTeller | undefined,
): Content {
  const facts = {
    canonical: body.canonical,
    ...(body.encoding !== undefined && !utf8 && { encoding: body.encoding }),
    utf8Header: utf8,
  }
  if (!teller || body.sizeOctets === 0) {
    const octets = joined(header, utf8, body)
    return { ...facts, octets, sizeOctets: octets.length, open: () => once(octets) }
  }
  const head = Buffer.from(header, utf8 ? 'utf8' : 'latin1')
  const octets = typeof body.octets === 'string' ? Buffer.from(body.octets, 'latin1') : body.octets
  return { ...facts, sizeOctets: head.length + octets.length, open: () => told(head, octets, teller) }
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

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}

async function* told(head: Buffer, body: Buffer, teller: TransferTeller): AsyncGenerator<Uint8Array, void, undefined> {
  yield head
  await teller.start()
  for (let at = 0; at < body.length;) {
    const block = body.subarray(at, at + STEP_OCTETS)
    yield block
    at += block.length
    await teller.step(block, at, Math.floor((at / body.length) * 100))
  }
  await teller.end()
}
