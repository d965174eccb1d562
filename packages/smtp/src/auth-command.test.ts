import { describe, expect, it } from 'vitest'
import { readChallenge } from './auth-command.js'

const read = (mechanism: string, round: number, line: string) => {
  const octets = readChallenge(mechanism, round, [line])
  return octets && Buffer.from(octets).toString()
}

describe('readChallenge', () => {
  it('is base64 and nothing else (RFC 4954 4)', () => {
    expect(read('CRAM-MD5', 0, 'PDdAeD4=')).toBe('<7@x>')
    expect(read('CRAM-MD5', 0, '')).toBe('')
    for (const line of ['PDdAeD4', 'P=dA', 'PDdA eD4=', '!!!', '=']) expect(read('CRAM-MD5', 0, line)).toBeUndefined()
  })

  it('takes words for the two prompts of LOGIN, and for the first 334 of NTLM', () => {
    expect(read('LOGIN', 0, 'Username:')).toBe('')
    expect(read('LOGIN', 1, 'Password:')).toBe('')
    expect(read('LOGIN', 2, 'Password:')).toBeUndefined()
    expect(read('NTLM', 0, 'ntlm supported')).toBe('')
    expect(read('NTLM', 1, 'ntlm supported')).toBeUndefined()
  })

  it.each([
    'SCRAM-SHA-256',
    'SCRAM-SHA-256-PLUS',
    'DIGEST-MD5',
    'CRAM-MD5',
    'GSSAPI',
    'GSS-SPNEGO',
    'PLAIN',
    'XOAUTH2',
  ])('takes no words for %s', (mechanism) => {
    expect(read(mechanism, 0, 'go ahead')).toBeUndefined()
  })
})
