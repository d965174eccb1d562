import { expect, test } from 'vitest'
import { TlsSessions } from './sessions.js'

const one = Buffer.from('one')
const two = Buffer.from('two')

test('the latest session of a key is kept', () => {
  const sessions = new TlsSessions()
  expect(sessions.get('a')).toBeUndefined()
  sessions.set('a', one)
  sessions.set('a', two)
  expect(sessions.get('a')).toBe(two)
  expect(sessions.size).toBe(1)
  sessions.delete('a')
  expect(sessions.get('a')).toBeUndefined()
})

test('the oldest goes when there are too many', () => {
  const sessions = new TlsSessions({ maxEntries: 2 })
  sessions.set('a', one)
  sessions.set('b', one)
  sessions.set('a', two)
  sessions.set('c', one)
  expect(sessions.size).toBe(2)
  expect(sessions.get('b')).toBeUndefined()
  expect(sessions.get('a')).toBe(two)
})

test('[part of ipworks.config.ReuseSSLSession] none is older than ten hours', () => {
  let now = 1_000
  const sessions = new TlsSessions({ now: () => now })
  sessions.set('a', one)
  now += 10 * 3_600_000
  expect(sessions.get('a')).toBe(one)
  now += 1
  expect(sessions.get('a')).toBeUndefined()
  expect(sessions.size).toBe(0)
})
