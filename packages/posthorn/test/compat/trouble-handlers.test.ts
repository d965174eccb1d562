import { expect, test } from 'vitest'
import { SMTP, type EventName } from '../../src/compat/ipworks/index.js'
import { component, sink } from './component.js'

/** A component, and what makes it tell an event Error. */
async function refusing(): Promise<{ smtp: SMTP; tell: () => Promise<void> }> {
  const server = await sink({
    replyTo: (verb, to) => (verb === 'RCPT' && to.includes('nobody') ? '550 no' : undefined),
  })
  const smtp = component(server)
  smtp.config('StopOnToErrors=False')
  smtp.sendTo = 'nobody@example.test'
  return { smtp, tell: () => smtp.send() }
}

test('once() calls for one event, and can be taken back', async () => {
  const { smtp, tell } = await refusing()
  const told: string[] = []
  const a = (): void => void told.push('a')
  expect(smtp.once('Error', a).once('Error', () => told.push('b'))).toBe(smtp)
  smtp.off('Error', a)
  await tell()
  await tell()
  expect(told).toEqual(['b'])
})

test('once() calls for one event also while its handler is at work', async () => {
  const { smtp, tell } = await refusing()
  smtp.sendTo = 'nobody.else@example.test'
  let calls = 0
  smtp.once('Error', async () => {
    calls++
    await new Promise((resolve) => setImmediate(resolve))
  })
  await tell()
  expect(calls).toBe(1)
})

test('a handler that was put in twice is called twice, and off() takes one out', async () => {
  const { smtp, tell } = await refusing()
  const told: string[] = []
  const a = (): void => void told.push('a')
  smtp
    .addListener('Error', a)
    .on('Error', () => told.push('b'))
    .on('Error', a)
  await tell()
  expect(told.splice(0)).toEqual(['a', 'b', 'a'])
  smtp.removeListener('Error', a)
  await tell()
  expect(told.splice(0)).toEqual(['a', 'b'])
  smtp.off('Error', a).off('Error', a)
  await tell()
  expect(told.splice(0)).toEqual(['b'])
})

test('removeAllListeners() takes out those of one event, or all', async () => {
  const { smtp, tell } = await refusing()
  const told: EventName[] = []
  for (const name of ['Error', 'PITrail', 'ConnectionStatus'] as const) smtp.on(name, () => told.push(name))
  smtp.removeAllListeners('PITrail')
  await tell()
  expect(told.splice(0)).toEqual(['ConnectionStatus', 'Error', 'ConnectionStatus'])
  expect(smtp.removeAllListeners()).toBe(smtp)
  await tell()
  expect(told).toEqual([])
})

test('an event that is none, and a handler that is none, are refused by each method', () => {
  const smtp = new SMTP() as unknown as Record<string, (event: unknown, handler?: unknown) => void>
  for (const method of ['on', 'once', 'off', 'addListener', 'removeListener']) {
    for (const event of ['error', 'Errors', '', null, Symbol('Error')])
      expect(() => smtp[method]!(event, () => {})).toThrow(expect.objectContaining({ code: 10022 }))
    for (const handler of [undefined, null, 'send', {}])
      expect(() => smtp[method]!('Error', handler)).toThrow(expect.objectContaining({ code: 10022 }))
  }
  expect(() => smtp.off!('error', () => {})).toThrow(/off\(\) knows no event "error"; did you mean Error\?/)
  expect(() => smtp.removeAllListeners!('error')).toThrow(/removeAllListeners\(\) knows no event "error"/)
})
