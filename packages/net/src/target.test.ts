import { SettingsError } from '@posthorn/ground'
import { expect, test } from 'vitest'
import { checkTarget } from './target.js'

const good = { host: 'mail.example.test', port: 587, timeoutMs: 1000 }

test('host and port are taken as they are, brackets off', () => {
  expect(checkTarget(good)).toEqual({ host: 'mail.example.test', port: 587 })
  expect(checkTarget({ ...good, host: '[2001:db8::1]' }).host).toBe('2001:db8::1')
  expect(checkTarget({ ...good, host: 'fe80::1%eth0' }).host).toBe('fe80::1%eth0')
  expect(checkTarget({ ...good, host: '1.2.3.4' }).host).toBe('1.2.3.4')
})

test.each([
  ['host', 'settings.host', { host: '' }],
  ['host', 'settings.host', { host: 'smtp://mail.example.test' }],
  ['host', 'settings.host', { host: 'mail.example.test:25' }],
  ['host', 'settings.host', { host: 'mail.example.test\r\n' }],
  ['host', 'settings.host', { host: 'a b' }],
  ['host', 'settings.host', { host: '[mail.example.test]' }],
  ['port', 'settings.port', { port: 0 }],
  ['port', 'settings.port', { port: 65_536 }],
  ['port', 'settings.port', { port: 25.5 }],
  ['timeoutMs', 'settings.timeout', { timeoutMs: -1 }],
  ['timeoutMs', 'settings.timeout', { timeoutMs: Number.NaN }],
  ['localAddress', 'settings.local-address', { localAddress: 'eth0' }],
  ['localPort', 'settings.port', { localPort: -1 }],
])('%s is refused before anything happens: %s %j', (field, code, wrong) => {
  const check = () => checkTarget({ ...good, ...wrong })
  expect(check).toThrow(SettingsError)
  expect(check).toThrow(expect.objectContaining({ field, code }))
})
