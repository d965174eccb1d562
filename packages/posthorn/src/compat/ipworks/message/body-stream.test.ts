import { PassThrough, Readable } from 'node:stream'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { delivered, FIXED, letterValues } from '../../../../test/compat/outgoing.js'
import { IPWorksError } from '../ipworks-error.js'
import { checkUnread, closeStream, readBody, type BodyStream } from './body-stream.js'
import { outgoingMessage } from './outgoing-message.js'

const BLOCKS = ['Hello ', 'wörld\n.', '', 'end'].map((text) => Buffer.from(text))
const WHOLE = Buffer.concat(BLOCKS)

async function octetsOf(stream: BodyStream, staysOpen = false): Promise<Buffer> {
  const read: Buffer[] = []
  for await (const block of readBody(stream, { staysOpen, limitMs: 60_000 })) read.push(Buffer.from(block))
  return Buffer.concat(read)
}

async function* generated(): AsyncGenerator<Uint8Array, void, undefined> {
  for (const block of BLOCKS) yield await Promise.resolve(new Uint8Array(block))
}

const streams: Record<string, () => Readable> = {
  'from an array': () => Readable.from(BLOCKS, { objectMode: false }),
  'of objects': () => Readable.from(BLOCKS),
  'passed through': () => new PassThrough().end(WHOLE),
  'kept open by itself': () => new Readable({ autoDestroy: false, read: pushing() }),
}

function pushing(): (this: Readable) => void {
  const left = [...BLOCKS.filter(({ length }) => length > 0), null]
  return function () {
    this.push(left.shift())
  }
}

describe('readBody', () => {
  it.each(Object.entries(streams))('%s: gives the octets, and leaves it open where that is wanted', async (_, make) => {
    expect(await octetsOf(make())).toEqual(WHOLE)
    const stream = make()
    const listeners = stream.eventNames()
    expect(await octetsOf(stream, true)).toEqual(WHOLE)
    await new Promise((resolve) => setImmediate(resolve))
    expect([stream.destroyed, stream.readableEnded, Object.hasOwn(stream, 'destroy')]).toEqual([false, true, false])
    expect(stream.eventNames()).toEqual(listeners)
    expect(stream.destroy().destroyed).toBe(true)
  })

  it('gives the octets of anything that can be iterated, and of a stream of text as UTF-8', async () => {
    expect(await octetsOf(generated())).toEqual(WHOLE)
    expect(await octetsOf(Readable.from(BLOCKS, { objectMode: false }).setEncoding('utf8'))).toEqual(WHOLE)
  })

  it('begins where the stream stands', async () => {
    const stream = new PassThrough().end(WHOLE)
    stream.read(6)
    expect(await octetsOf(stream)).toEqual(WHOLE.subarray(6))
  })

  it('a reader that ends before leaves it open where that is wanted', async () => {
    const source = generated()
    const readable = Readable.from(BLOCKS)
    for (const stream of [source, readable]) {
      for await (const block of readBody(stream, { staysOpen: true, limitMs: 60_000 })) {
        expect(block).toEqual(BLOCKS[0])
        break
      }
    }
    expect(readable.destroyed).toBe(false)
    expect(await source.next()).toMatchObject({ done: false })
    const closed = Readable.from(BLOCKS)
    for await (const block of readBody(closed, { staysOpen: false, limitMs: 60_000 })) if (block.length > 0) break
    expect(closed.destroyed).toBe(true)
  })

  it('a stream that fails, or gives what are no octets, is 302 with the cause [part of ipworks.error.302]', async () => {
    const cause = new Error('the disk is gone')
    const failing = () =>
      new Readable({
        read() {
          this.destroy(cause)
        },
      })
    for (const staysOpen of [false, true]) {
      const error = await octetsOf(failing(), staysOpen).catch((reason: unknown) => reason as IPWorksError)
      expect([error instanceof IPWorksError && error.code, (error as Error).cause]).toEqual([302, cause])
    }
    await expect(octetsOf(Readable.from([1]))).rejects.toMatchObject({ code: 302 })
    await expect(octetsOf(failing())).rejects.toThrow(/^302: Body not readable: /)
  })
})

describe('the signal', () => {
  const enough = new Error('enough')

  it('ends the wait for a block, also before the first', async () => {
    const make = [() => new PassThrough(), () => new ReadableStream<Uint8Array>(), silent]
    for (const [index, stream] of make.entries()) {
      for (const staysOpen of [true, false]) {
        const stop = new AbortController()
        const blocks = readBody(stream(), { staysOpen, limitMs: 60_000, signal: stop.signal })
        const first = blocks.next()
        setImmediate(() => stop.abort(enough))
        await expect(first, `${index} ${staysOpen}`).rejects.toBe(enough)
        await expect(readBody(stream(), { staysOpen, limitMs: 1, signal: stop.signal }).next()).rejects.toBe(enough)
      }
    }
  })

  it('lets go of the stream while nobody asks for a block; what has gone does not seem whole then', async () => {
    const readable = new PassThrough()
    readable.write('Hello')
    const listeners = readable.eventNames()
    const web = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(Buffer.from('Hello')) })
    for (const stream of [readable, web]) {
      const stop = new AbortController()
      const blocks = readBody(stream, { staysOpen: true, limitMs: 60_000, signal: stop.signal })
      expect(String((await blocks.next()).value)).toBe('Hello')
      stop.abort(enough)
      expect([readable.eventNames(), web.locked]).toEqual([listeners, false])
      await expect(blocks.next()).rejects.toBe(enough)
    }
  })

  function silent(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }
  }
})

describe('a stream that stays open', () => {
  it('is not whole when it is closed before its end', async () => {
    const early = new PassThrough()
    early.write('Hello')
    const read = octetsOf(early, true)
    setImmediate(() => early.destroy())
    await expect(read).rejects.toMatchObject({ code: 302 })
    await expect(octetsOf(early, true)).rejects.toMatchObject({ code: 302 })
    const closed = new PassThrough()
    closed.write('Hello')
    const other = octetsOf(closed)
    setImmediate(() => closed.destroy())
    await expect(other).rejects.toMatchObject({ code: 302 })
  })

  it('is as it was when the reader ended before', async () => {
    const stream = new PassThrough().end(WHOLE)
    const listeners = stream.eventNames()
    for await (const block of readBody(stream, { staysOpen: true, limitMs: 60_000 })) if (block.length > 0) break
    expect(stream.eventNames()).toEqual(listeners)
    for await (const block of stream) expect(block).toBeDefined()
    expect(stream.destroyed).toBe(true)
  })

  it('has nothing more to give behind its end, and is not waited for', async () => {
    const stream = Readable.from(BLOCKS)
    await octetsOf(stream, true)
    for (const staysOpen of [true, false])
      await expect(octetsOf(stream, staysOpen)).rejects.toMatchObject({ code: 302, message: AGAIN })
  })
})

const AGAIN = /was read to its end before; give another one/

describe('checkUnread', () => {
  const web = (...blocks: Buffer[]) => new Blob(blocks.map((block) => new Uint8Array(block))).stream()

  it.each<[string, () => BodyStream]>([
    ['a Readable', () => Readable.from(BLOCKS)],
    ['a generator', generated],
    ['a stream of the web', () => web(...BLOCKS)],
    ['an empty stream of the web', () => web()],
  ])('%s can be read once', async (_, make) => {
    for (const staysOpen of [false, true]) {
      const stream = make()
      checkUnread(stream)
      await octetsOf(stream, staysOpen)
      expect(() => checkUnread(stream)).toThrow(AGAIN)
    }
  })

  it('what can be iterated again can be read again', async () => {
    const stream = { [Symbol.asyncIterator]: generated }
    for (const staysOpen of [true, false, true]) expect(await octetsOf(stream, staysOpen)).toEqual(WHOLE)
  })

  it('what was read in part goes on from there; an empty one is an empty body', async () => {
    const source = generated()
    for await (const block of readBody(source, { staysOpen: true, limitMs: 60_000 })) if (block.length > 0) break
    expect(await octetsOf(source)).toEqual(WHOLE.subarray(6))
    expect(await octetsOf(Readable.from([]))).toEqual(Buffer.alloc(0))
  })

  it('refuses what is closed, has failed, or is read by somebody else', () => {
    const cause = new Error('gone')
    const failed = new PassThrough().on('error', () => {}).destroy(cause)
    expect(() => checkUnread(failed)).toThrow(expect.objectContaining({ code: 302, cause }))
    expect(() => checkUnread(new PassThrough().destroy())).toThrow(/was closed$/)
    const locked = web(...BLOCKS)
    locked.getReader()
    expect(() => checkUnread(locked)).toThrow(/has another reader$/)
  })
})

describe('closeStream', () => {
  it('ends what was never opened', async () => {
    const told: string[] = []
    const web = new ReadableStream({ cancel: () => void told.push('web') })
    const own = Object.assign(generated(), { return: () => Promise.reject(new Error('no')) })
    const once = generated()
    const readable = new PassThrough()
    for (const each of [web, own, once, readable, { [Symbol.asyncIterator]: generated }])
      closeStream(each as BodyStream)
    expect(told).toEqual(['web'])
    expect(readable.destroyed).toBe(true)
    expect(await once.next()).toMatchObject({ done: true })
    for (const each of [web, own, once, readable]) expect(() => checkUnread(each as BodyStream)).toThrow()
  })
})

describe('a message with a stream', () => {
  it('goes before Message and MessageText, octet for octet, and is told without a percentage [part of ipworks.method.SetMessageStream] [part of ipworks.behaviour.body-precedence] [part of ipworks.event.Transfer.PercentDone]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const values = letterValues({ Message: Buffer.from('no'), MessageText: 'nö' }, { CloseStreamAfterTransfer: false })
    const stream = Readable.from(BLOCKS)
    const told: unknown[] = []
    const teller = {
      start: () => void told.push('start'),
      step: (text: Buffer, octets: number, percent: number) => void told.push([text.toString(), octets, percent]),
      end: () => void told.push('end'),
    }
    const { received, message } = await delivered(sink, values, { ...FIXED, stream }, teller)
    expect(received.content!.subarray(message.header.length)).toEqual(WHOLE)
    expect(message.transferText()).toBe(WHOLE.toString())
    expect(message.header).not.toContain('MIME')
    expect(told).toEqual(['start', ['Hello ', 6, -1], ['wörld\n.', 14, -1], ['end', 17, -1], 'end'])
    expect(stream.destroyed).toBe(false)
  })

  it('one of several megabytes arrives as it was, and is not kept [part of ipworks.config.TransferText]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const block = Buffer.alloc(50_000, 'abcdefgh\r\n')
    const stream = Readable.from(Array.from({ length: 100 }, () => block))
    const { received, message } = await delivered(sink, letterValues(), { ...FIXED, stream })
    const body = received.content!.subarray(message.header.length)
    expect(body.equals(Buffer.alloc(5_000_000, 'abcdefgh\r\n'))).toBe(true)
    expect(message.transferText()).toBe('')
  })

  it('is read no faster than it is taken, and once only', async () => {
    let given = 0
    const source = (async function* () {
      for (;;) {
        given++
        yield await Promise.resolve(Buffer.alloc(65_536, 'x'))
      }
    })()
    const content = outgoingMessage(letterValues(), { ...FIXED, stream: source }).content()
    const blocks = content.open()[Symbol.asyncIterator]()
    await blocks.next()
    expect(given).toBe(0)
    for (let taken = 1; taken <= 100; taken++) {
      await blocks.next()
      expect(given).toBe(taken)
    }
    await blocks.return?.()
    const again = content.open()[Symbol.asyncIterator]()
    await expect(again.next()).rejects.toThrow(IPWorksError)
  })

  it('one that fails ends the transaction, and 302 is the cause [part of ipworks.error.302]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const cause = new Error('gone')
    const stream = (async function* () {
      yield await Promise.resolve(Buffer.from('Hello'))
      throw cause
    })()
    const error = await delivered(sink, letterValues(), { ...FIXED, stream }).catch((reason: unknown) => reason)
    let told = error as Error
    expect(told).toMatchObject({ code: 'content.source-failed' })
    while (!(told instanceof IPWorksError)) told = told.cause as Error
    expect([told.code, told.cause]).toEqual([302, cause])
    expect(sink.ledger).toEqual([])
  })
})
