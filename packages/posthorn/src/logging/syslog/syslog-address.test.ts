import { describe, expect, it } from 'vitest'
import { parseSyslogAddress } from './syslog-address.js'

describe('parseSyslogAddress', () => {
  it.each([
    ['udp://127.0.0.1:5140', 'udp', '127.0.0.1', 5140],
    ['udp://logs', 'udp', 'logs', 514],
    ['tcp://logs.example.com', 'tcp', 'logs.example.com', 601],
    ['tls://[2001:db8::1]/', 'tls', '2001:db8::1', 6514],
  ])('%s', (text, protocol, host, port) => {
    expect(parseSyslogAddress(text)).toEqual({ protocol, host, port })
  })

  it.each([
    'logs',
    'http://logs',
    'udp://',
    'udp://user@logs',
    'tcp://logs/path',
    'tcp://logs:0',
    'tcp://logs:99999',
    'udp://a b',
  ])('refuses %s', (text) => {
    expect(() => parseSyslogAddress(text)).toThrow(expect.objectContaining({ code: 'logging.syslog' }))
  })
})
