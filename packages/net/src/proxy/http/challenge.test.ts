import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseChallenges } from './challenge.js'

const plain = (values: readonly string[]) =>
  parseChallenges(values).map(({ scheme, token, parameters }) => ({ scheme, token, ...Object.fromEntries(parameters) }))

test('several challenges in one field, and in several', () => {
  expect(
    plain([
      'Negotiate, NTLM TlRMTVNTUAACAA==, Basic realm="a,b \\"c\\"" , Digest nonce=abc,qop="auth", NTLM',
      'Basic realm="other"',
    ]),
  ).toEqual([
    { scheme: 'negotiate', token: undefined },
    { scheme: 'ntlm', token: 'TlRMTVNTUAACAA==' },
    { scheme: 'basic', token: undefined, realm: 'a,b "c"' },
    { scheme: 'digest', token: undefined, nonce: 'abc', qop: 'auth' },
    { scheme: 'ntlm', token: undefined },
    { scheme: 'basic', token: undefined, realm: 'other' },
  ])
})

test('blanks around the equals sign, empty list elements, names without case, the first of two equal names', () => {
  expect(plain([', ,BASIC Realm = "x" ,, realm=y, ChArSeT=utf-8,'])).toEqual([
    { scheme: 'basic', token: undefined, realm: 'x', charset: 'utf-8' },
  ])
})

test('what cannot be read has not been offered', () => {
  expect(plain(['Basic realm="open'])).toEqual([{ scheme: 'basic', token: undefined }])
  expect(plain(['"quoted"', '', '=', '\u0000'])).toEqual([])
})

test('any text is read to its end', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      for (const { scheme } of parseChallenges([text])) expect(scheme).toMatch(/^\S+$/)
    }),
  )
})
