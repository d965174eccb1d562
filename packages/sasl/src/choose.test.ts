import { describe, expect, it } from 'vitest'
import { chooseMechanisms, type MechanismChoice } from './choose.js'
import type { Mechanism } from './mechanism.js'

const ALL =
  'PLAIN LOGIN CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512 SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-512-PLUS GSSAPI GSS-SPNEGO XOAUTH2 OAUTHBEARER EXTERNAL ANONYMOUS X-UNKNOWN'.split(
    ' ',
  )
const names = (choice: Partial<MechanismChoice> = {}) =>
  chooseMechanisms({ offered: ALL, ...choice })
    .mechanisms.map(({ name }) => name)
    .join(' ')
const own = (name: string, strength: Mechanism['strength']): Mechanism => ({
  name,
  strength,
  oneStep: false,
  begin: () => null,
})

describe('chooseMechanisms', () => {
  it('takes the strongest first, and leaves out what only counts by name', () => {
    expect(names()).toBe(
      'SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 DIGEST-MD5 CRAM-MD5 NTLM OAUTHBEARER XOAUTH2 PLAIN LOGIN',
    )
  })

  it('takes what is offered and nothing else', () => {
    expect(names({ offered: ['LOGIN', 'PLAIN', 'X-UNKNOWN'] })).toBe('PLAIN LOGIN')
    expect(names({ offered: [] })).toBe('')
  })

  it("keeps to the caller's own order, and takes by name what is not taken by itself [part of javamail.mail.smtp.auth.mechanisms] [part of javamail.mail.smtp.sasl.mechanisms] [part of javamail.mail.smtp.sasl.enable]", () => {
    expect(names({ allowed: ['xoauth2', 'PLAIN', 'plain', 'NONE'] })).toBe('XOAUTH2 PLAIN')
    expect(names({ allowed: ['GSSAPI', 'EXTERNAL', 'ANONYMOUS', 'GSS-SPNEGO'] })).toBe(
      'GSSAPI EXTERNAL ANONYMOUS GSS-SPNEGO',
    )
    expect(names({ allowed: [] })).toBe('')
  })

  it.each([
    ['LOGIN', '[part of javamail.mail.smtp.auth.login.disable]'],
    ['PLAIN', '[part of javamail.mail.smtp.auth.plain.disable]'],
    ['DIGEST-MD5', '[part of javamail.mail.smtp.auth.digest-md5.disable]'],
    ['NTLM', '[part of javamail.mail.smtp.auth.ntlm.disable]'],
    ['XOAUTH2', '[part of javamail.mail.smtp.auth.xoauth2.disable]'],
  ])('a list without %s does not use it, though it is offered %s', (left) => {
    const offered = ['LOGIN', 'PLAIN', 'DIGEST-MD5', 'NTLM', 'XOAUTH2']
    const allowed = offered.filter((name) => name !== left)
    expect(names({ offered, allowed }).split(' ')).toEqual(allowed)
  })

  it('keeps out what is too weak, and names it', () => {
    expect(names({ minimum: 'mutual' })).toBe(
      'SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 DIGEST-MD5',
    )
    expect(names({ minimum: 'token', offered: ['PLAIN', 'XOAUTH2', 'CRAM-MD5'] })).toBe('CRAM-MD5 XOAUTH2')
    expect(chooseMechanisms({ offered: ['LOGIN', 'PLAIN'], minimum: 'hash' })).toEqual({
      mechanisms: [],
      tooWeak: ['PLAIN', 'LOGIN'],
    })
    expect(names({ allowed: ['ANONYMOUS', 'PLAIN'], minimum: 'cleartext' })).toBe('PLAIN')
  })

  it("puts the caller's own mechanisms in the place of the built-in ones, and before others as strong", () => {
    const custom = [own('X-UNKNOWN', 'mutual'), own('EXTERNAL', 'hash')]
    const { mechanisms } = chooseMechanisms({ offered: ['EXTERNAL', 'SCRAM-SHA-256', 'X-UNKNOWN', 'CRAM-MD5'], custom })
    expect(mechanisms.map(({ name }) => name)).toEqual(['X-UNKNOWN', 'SCRAM-SHA-256', 'EXTERNAL', 'CRAM-MD5'])
    expect(mechanisms[2]).toBe(custom[1])
  })
})
