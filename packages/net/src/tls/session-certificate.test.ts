import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sessionCertificate } from './session-certificate.js'

test.each(['', '30', '3080', '3000', '3003a30130', '3005a3038401ffffff', '3004a3020000'])(
  '%s holds no certificate',
  (hex) => {
    expect(sessionCertificate(Buffer.from(hex, 'hex'))).toBeUndefined()
  },
)

test('whatever the octets are, it comes to an end', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => void sessionCertificate(Buffer.from(octets))))
})
