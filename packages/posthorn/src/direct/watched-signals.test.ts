import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { WatchedSignals } from './watched-signals.js'

it('has one listener on a signal however many follow it, and none when all have left', () => {
  const signals = new WatchedSignals()
  const caller = new AbortController()
  const followers = Array.from({ length: 50 }, () => signals.follow(caller.signal))
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1)
  for (const each of followers.slice(1)) signals.leave(caller.signal, each)
  signals.leave(undefined, signals.follow(undefined))
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1)
  signals.leave(caller.signal, followers[0]!)
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0)
})

it('passes the reason on, to those that still follow and those that come later', () => {
  const signals = new WatchedSignals()
  const caller = new AbortController()
  const [first, second] = [signals.follow(caller.signal), signals.follow(caller.signal)]
  signals.leave(caller.signal, first)
  caller.abort('enough')
  const third = signals.follow(caller.signal)
  expect([first, second, third].map(({ signal }) => signal.reason as unknown)).toEqual([undefined, 'enough', 'enough'])
})
