import { expect, it } from 'vitest'
import { nearName } from './near-name.js'

it('finds the name that was meant, and none that is far', () => {
  const known = ['pool.maxConnections', 'localName', 'proxy', 'port']
  expect(nearName('pool.maxconections', known)).toBe('pool.maxConnections')
  expect(nearName('localnmae', known)).toBe('localName')
  expect(nearName('sesame-open', known)).toBeUndefined()
  expect(nearName('', known)).toBeUndefined()
  const long = 'x'.repeat(200)
  expect(nearName(long, [long])).toBeUndefined()
})
