import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeOctets, unescapeOctets } from './escaped.js'

describe('escaped octets', () => {
  it('reads each escape, and text as UTF-8', () => {
    expect(unescapeOctets('a\\r\\n\\t\\0\\x1B\\\\é').toString('hex')).toBe('610d0a09001b5cc3a9')
  })

  it('reads back what it has written, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => unescapeOctets(escapeOctets(octets)).equals(octets)),
    )
  })

  it('shows at most the limit', () => {
    expect(escapeOctets(Buffer.from('abcdef'), 3)).toBe('abc... (6 octets)')
  })

  it.each(['\\q', 'a\\', '\\x1', '\\xzz'])('refuses %s', (text) => {
    expect(() => unescapeOctets(text)).toThrow('unknown escape')
  })
})
