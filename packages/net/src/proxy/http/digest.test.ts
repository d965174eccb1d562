import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseChallenges } from './challenge.js'
import { digestAnswer, digestStrength } from './digest.js'

const challenge = (text: string) => {
  const [first] = parseChallenges([`Digest ${text}`])
  if (!first) throw new Error('no challenge')
  return first
}
const md5 = (text: string) => createHash('md5').update(text, 'latin1').digest('hex')

const example = (algorithm: string) =>
  challenge(
    `realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  )
const mufasa = { user: 'Mufasa', password: 'Circle of Life' }
const request = { method: 'GET', uri: '/dir/index.html' }
const once = { cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', count: 1 }

test.each([
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
])('the example of RFC 7616 3.9.1 with %s', (algorithm, response) => {
  expect(digestAnswer(example(algorithm), mufasa, request, once)).toBe(
    'Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
      `uri="/dir/index.html", response="${response}", algorithm=${algorithm}, ` +
      'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, ' +
      'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"',
  )
})

test('the example of RFC 7616 3.9.2 with SHA-512-256, UTF-8 and a hashed user, as its erratum has it', () => {
  const asked = challenge(
    'realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", ' +
      'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
  )
  const answer = digestAnswer(
    asked,
    { user: 'J\u00e4s\u00f8n Doe', password: 'Secret, or not?' },
    { method: 'GET', uri: '/doe.json' },
    { cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v', count: 1 },
  )
  expect(answer).toContain('username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"')
  expect(answer).toContain('response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"')
  expect(answer).toMatch(/, userhash=true$/)
})

test('the example of RFC 2617 3.5, with the challenge of RFC 2069 that knows no qop, too', () => {
  const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093'
  const login = { user: 'Mufasa', password: 'Circle Of Life' }
  const asked = challenge(`realm="testrealm@host.com", qop="auth,auth-int", nonce="${nonce}"`)
  expect(digestAnswer(asked, login, request, { cnonce: '0a4f113b', count: 1 })).toContain(
    'response="6629fae49393a05397450978507c4ef1"',
  )
  const old = digestAnswer(challenge(`realm="testrealm@host.com", nonce="${nonce}"`), login, request, once)
  expect(old).toContain('response="670fd8c2df070c60b045671b8b24ff02"')
  expect(old).not.toMatch(/qop|nc=|cnonce|algorithm|opaque/)
})

test('a -sess algorithm mixes nonce and cnonce into the key', () => {
  const asked = challenge('realm="r", qop="auth", algorithm=MD5-sess, nonce="n"')
  const a1 = md5(`${md5('u:r:p')}:n:c`)
  const response = md5(`${a1}:n:0000000f:c:auth:${md5('CONNECT:mail.example.test:25')}`)
  const answer = digestAnswer(
    asked,
    { user: 'u', password: 'p' },
    { method: 'CONNECT', uri: 'mail.example.test:25' },
    { cnonce: 'c', count: 15 },
  )
  expect(answer).toContain(`response="${response}"`)
  expect(answer).toContain('algorithm=MD5-sess')
})

test('without a charset Latin-1 is hashed, with UTF-8 the composed form; the name goes by RFC 8187', () => {
  const login = { user: 'J\u00fcrgen', password: 'a\u0308' }
  const answer = (charset: string) =>
    digestAnswer(challenge(`realm="r", nonce="n"${charset}`), login, request, { cnonce: 'c', count: 1 })
  const a2 = md5('GET:/dir/index.html')
  // the umlaut as a letter and a mark is not in Latin-1
  const utf8 = (text: string) => Buffer.from(text).toString('latin1')
  expect(answer('')).toContain(`response="${md5(`${md5(`J\u00fcrgen:r:${utf8('a\u0308')}`)}:n:${a2}`)}"`)
  expect(answer(', charset=UTF-8')).toContain(`response="${md5(`${md5(utf8('J\u00fcrgen:r:\u00e4'))}:n:${a2}`)}"`)
  expect(answer('')).toContain("username*=UTF-8''J%C3%BCrgen")
})

test('quotes and backslashes of a user are escaped, and a line end cannot get into the field', () => {
  const asked = challenge('realm="a \\"quoted\\" realm", nonce="n"')
  const answer = digestAnswer(asked, { user: 'a"b\\c\r\nX: y', password: '' }, request, { cnonce: 'c', count: 1 })
  expect(answer).toContain('realm="a \\"quoted\\" realm"')
  expect(answer).not.toMatch(/[\r\n]/)
})

test('what cannot be answered has no strength, and the stronger hash has more', () => {
  const strength = (text: string) => digestStrength(challenge(text))
  expect(strength('nonce="n", algorithm=SHA-512-256')).toBeGreaterThan(strength('nonce="n", algorithm=sha-256-SESS'))
  expect(strength('nonce="n", algorithm=SHA-256')).toBeGreaterThan(strength('nonce="n"'))
  expect(strength('nonce="n"')).toBeGreaterThan(0)
  expect(strength('nonce="n", algorithm=SHA-3')).toBe(0)
  expect(strength('nonce="n", qop="auth-int"')).toBe(0)
  expect(strength('realm="r"')).toBe(0)
})
