import { PassThrough, Readable } from 'node:stream'
import { beforeEach, expect, test, vi } from 'vitest'
import type { SMTP } from '../../src/compat/ipworks/index.js'
import { pass, stopClock, turns, until, watched } from './clock.js'
import { component, sink } from './component.js'

beforeEach(stopClock)

const INTERRUPTED = { code: 301, reason: 'interrupted' }
const FIRST = Buffer.from('first\r\n')

/** A stream that gave a block, and gives nothing more by itself. */
function stalled(): PassThrough {
  const stream = new PassThrough()
  stream.write(FIRST)
  return stream
}

/** A component whose next message is this stream. */
async function sending(stream: Parameters<SMTP['setMessageStream']>[0], closes: boolean): Promise<SMTP> {
  const smtp = component(await sink({ extensions: [] }))
  smtp.timeout = 5
  smtp.config(`CloseStreamAfterTransfer=${closes}`)
  await smtp.connect()
  smtp.setMessageStream(stream)
  return smtp
}

/** Sends until the first block has gone. */
async function begun(smtp: SMTP): Promise<ReturnType<typeof watched>> {
  let told = false
  smtp.on('Transfer', () => void (told = true))
  const watch = watched(smtp.send())
  await until(() => told)
  await turns()
  return watch
}

test('a generator that stalls leaves no timer behind once the method was ended', async () => {
  const stream = (async function* () {
    yield FIRST
    await new Promise(() => {})
  })()
  const smtp = await sending(stream, true)
  const watch = await begun(smtp)
  expect(vi.getTimerCount()).toBeGreaterThan(0)
  smtp.interrupt()
  expect(await watch.outcome).toMatchObject(INTERRUPTED)
  expect(vi.getTimerCount()).toBe(0)
})

test('[part of ipworks.config.CloseStreamAfterTransfer] a Readable that stays open is let go of by interrupt(), and what it gives afterwards is for its owner', async () => {
  const stream = stalled()
  const listeners = stream.eventNames()
  const smtp = await sending(stream, false)
  const watch = await begun(smtp)
  smtp.interrupt()
  expect(await watch.outcome).toMatchObject(INTERRUPTED)
  expect([stream.eventNames(), vi.getTimerCount()]).toEqual([listeners, 0])
  stream.write('later')
  await turns()
  expect(String(stream.read())).toBe('later')
})

test('[part of ipworks.config.CloseStreamAfterTransfer] so it is when its time is over, and by AbsoluteTimeout, and by queue()', async () => {
  for (const [setting, method] of [
    ['AbsoluteTimeout=False', 'send'],
    ['AbsoluteTimeout=True', 'send'],
    ['AbsoluteTimeout=True', 'queue'],
  ] as const) {
    const stream = stalled()
    const listeners = stream.eventNames()
    const smtp = await sending(stream, false)
    smtp.config(setting)
    const watch = method === 'send' ? await begun(smtp) : watched(smtp.queue('*'))
    await until(() => stream.listenerCount('readable') > 0)
    await turns()
    await pass(5000)
    expect(await watch.outcome).toMatchObject({ code: 301, reason: 'timeout' })
    expect([stream.eventNames(), stream.destroyed]).toEqual([listeners, false])
    stream.write('later')
    await turns()
    expect(String(stream.read())).toBe('later')
    await smtp.disconnect()
    expect(vi.getTimerCount()).toBe(0)
  }
})

test('it is let go of also while a handler of Transfer never ends', async () => {
  const stream = stalled()
  const listeners = stream.eventNames()
  const smtp = await sending(stream, false)
  let told = false
  smtp.on('Transfer', () => {
    told = true
    return new Promise(() => {})
  })
  const watch = watched(smtp.send())
  await until(() => told)
  await turns()
  expect(stream.eventNames()).not.toEqual(listeners)
  smtp.interrupt()
  expect(await watch.outcome).toMatchObject(INTERRUPTED)
  expect(stream.eventNames()).toEqual(listeners)
})

test('[part of ipworks.config.CloseStreamAfterTransfer] a stream of the web that stays open is not locked when the method has ended, and keeps what comes', async () => {
  let more: ReadableStreamDefaultController<Uint8Array> | undefined
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      more = controller
      controller.enqueue(FIRST)
    },
  })
  const smtp = await sending(stream, false)
  const watch = await begun(smtp)
  expect(stream.locked).toBe(true)
  await pass(5000)
  expect(await watch.outcome).toMatchObject({ code: 301, reason: 'timeout' })
  expect(stream.locked).toBe(false)
  more!.enqueue(Buffer.from('later'))
  const { value } = await stream.getReader().read()
  expect(Buffer.from(value!).toString()).toBe('later')
})

test('one that does not is cancelled', async () => {
  let cancelled = false
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(FIRST),
    cancel: () => void (cancelled = true),
  })
  const smtp = await sending(stream, true)
  const watch = await begun(smtp)
  smtp.interrupt()
  expect(await watch.outcome).toMatchObject(INTERRUPTED)
  await turns()
  expect([cancelled, stream.locked]).toEqual([true, false])
  expect(Readable.isDisturbed(stream as unknown as NodeJS.ReadableStream)).toBe(true)
})
