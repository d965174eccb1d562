import { createSecureContext } from 'node:tls'
import { expect, test } from 'vitest'
import { chooseSignatureAlgorithms, spokenSignatureAlgorithms } from './signature-algorithms.js'

const TLS13 =
  'ed25519,ed448,ecdsa_secp256r1_sha256,ecdsa_secp384r1_sha384,ecdsa_secp521r1_sha512,rsa_pkcs1_sha256,rsa_pkcs1_sha384,rsa_pkcs1_sha512,rsa_pss_sha256,rsa_pss_sha384,rsa_pss_sha512'
const TLS12 =
  'sha512-ecdsa,sha512-rsa,sha512-dsa,sha384-ecdsa,sha384-rsa,sha384-dsa,sha256-ecdsa,sha256-rsa,sha256-dsa,sha224-ecdsa,sha224-rsa,sha224-dsa,sha1-ecdsa,sha1-rsa,sha1-dsa'

test('[part of ipworks.config.TLS13SignatureAlgorithms] the eleven names of IPWorks', () => {
  const { sigalgs, notes } = chooseSignatureAlgorithms(TLS13)
  expect(notes).toEqual([])
  expect(sigalgs?.split(':')).toEqual([
    ...['ed25519', 'ed448', 'ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384', 'ecdsa_secp521r1_sha512'],
    ...['rsa_pkcs1_sha256', 'rsa_pkcs1_sha384', 'rsa_pkcs1_sha512', 'rsa_pss_rsae_sha256', 'rsa_pss_pss_sha256'],
    ...['rsa_pss_rsae_sha384', 'rsa_pss_pss_sha384', 'rsa_pss_rsae_sha512', 'rsa_pss_pss_sha512'],
  ])
})

test('[part of ipworks.config.TLS12SignatureAlgorithms] [part of ipworks.example.sigalgs] pairs of digest and signature', () => {
  const { sigalgs, notes } = chooseSignatureAlgorithms(TLS12)
  expect(notes).toEqual([])
  expect(sigalgs?.split(':')).toHaveLength(15)
  expect(chooseSignatureAlgorithms('sha256-rsa,sha256-ecdsa, sha512-rsa;sha512-ecdsa').sigalgs).toBe(
    'RSA+SHA256:ECDSA+SHA256:RSA+SHA512:ECDSA+SHA512',
  )
})

test.each([
  ['RSA+SHA256:ecdsa_secp256r1_sha256', 'RSA+SHA256:ecdsa_secp256r1_sha256'],
  ['SHA384withRSA SHA256withECDSA', 'RSA+SHA384:ECDSA+SHA256'],
  ['Ed25519, RSA-PSS+SHA256', 'ed25519:RSA-PSS+SHA256'],
])('%s are %s', (wanted, sigalgs) => {
  expect(chooseSignatureAlgorithms(wanted)).toEqual({ sigalgs, notes: [] })
})

test('[part of ipworks.config.TLS12SignatureAlgorithms] [part of ipworks.config.TLS13SignatureAlgorithms] one that has two names is offered once: OpenSSL refuses it twice', () => {
  const { sigalgs } = chooseSignatureAlgorithms(`${TLS13},${TLS12}`)
  expect(sigalgs?.split(':').slice(14)).toEqual([
    ...['DSA+SHA512', 'DSA+SHA384', 'DSA+SHA256', 'ECDSA+SHA224', 'RSA+SHA224', 'DSA+SHA224'],
    ...['ECDSA+SHA1', 'RSA+SHA1', 'DSA+SHA1'],
  ])
  for (const [list, once] of [
    [`${TLS13},${TLS12}`, sigalgs],
    ['RSA-PSS+SHA256, PSS+SHA256, rsa_pss_sha256', 'RSA-PSS+SHA256:rsa_pss_pss_sha256'],
    ['RSA+SHA1, rsa_pkcs1_sha1, sha256-rsa, SHA256withRSA', 'RSA+SHA1:RSA+SHA256'],
  ] as const) {
    expect(chooseSignatureAlgorithms(list).sigalgs).toBe(once)
    expect(() => createSecureContext({ sigalgs: once })).not.toThrow()
  }
})

test('an unknown one is left out, and that is said; none at all is an error', () => {
  expect(chooseSignatureAlgorithms('*')).toEqual({ sigalgs: undefined, notes: [] })
  expect(chooseSignatureAlgorithms(['rot13-rsa', 'sha256-rsa'])).toEqual({
    sigalgs: 'RSA+SHA256',
    notes: ['tls.sigalgs: rot13-rsa is not known to this Node and was left out'],
  })
  expect(() => chooseSignatureAlgorithms('md5-rsa')).toThrow(
    expect.objectContaining({ code: 'settings.tls', field: 'tls.sigalgs' }),
  )
})

test('this runtime has the algorithms everybody has', () => {
  expect(spokenSignatureAlgorithms()).toEqual(
    expect.arrayContaining(['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256', 'ed25519']),
  )
})
