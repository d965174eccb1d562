import { expect, test } from 'vitest'
import { chooseGroups, spokenGroups } from './groups.js'

const ALL_TEN =
  'ecdhe_x25519,ecdhe_x448,ecdhe_secp256r1,ecdhe_secp384r1,ecdhe_secp521r1,ffdhe_2048,ffdhe_3072,ffdhe_4096,ffdhe_6144,ffdhe_8192'

test('[part of ipworks.config.TLS13SupportedGroups] [part of ipworks.config.TLS12SupportedGroups] the ten names of IPWorks', () => {
  expect(chooseGroups(ALL_TEN)).toEqual({
    ecdhCurve: 'X25519:X448:P-256:P-384:P-521:ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192',
    notes: [],
  })
})

test.each([
  ['X25519:P-256', 'X25519:P-256'],
  ['x25519, secp256r1; prime256v1', 'X25519:P-256'],
  [['SECP521R1', 'p-384'], 'P-521:P-384'],
  ['ffdhe3072 brainpoolP256r1', 'ffdhe3072:brainpoolP256r1'],
])('%j are %s', (wanted, ecdhCurve) => {
  expect(chooseGroups(wanted)).toEqual({ ecdhCurve, notes: [] })
})

test.each([undefined, '', '*', 'auto', []])('%j are what Node offers', (wanted) => {
  expect(chooseGroups(wanted)).toEqual({ ecdhCurve: undefined, notes: [] })
})

test('an unknown one is left out, and that is said; none at all is an error', () => {
  expect(chooseGroups('sect571r9:P-256')).toEqual({
    ecdhCurve: 'P-256',
    notes: ['tls.ecdhCurve: sect571r9 is no group of this Node and was left out'],
  })
  expect(() => chooseGroups('sect571r9')).toThrow(
    expect.objectContaining({ code: 'settings.tls', field: 'tls.ecdhCurve' }),
  )
})

test('this runtime has the groups everybody has', () => {
  expect(spokenGroups()).toEqual(expect.arrayContaining(['X25519', 'P-256', 'P-384', 'ffdhe2048']))
})
