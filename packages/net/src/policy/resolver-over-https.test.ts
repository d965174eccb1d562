import { describe, expect, it } from 'vitest'
import type { WebRequest } from '../web/web-options.js'
import { lookUpOverHttps, secureResolverOverHttps } from './resolver-over-https.js'

const sent: WebRequest[] = []
const NODATA = { Status: 0, AD: true, Answer: [] }

/** A resolver whose server answers by type: JSON, or a text. */
function resolverFor(answers: Record<string, unknown>, status = 200) {
  sent.length = 0
  return secureResolverOverHttps({
    url: 'https://dns.test/resolve?ct=json',
    request: (request) => {
      sent.push(request)
      const answer = answers[new URL(request.url).searchParams.get('type')!] ?? NODATA
      const body = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer))
      return Promise.resolve({ status, headers: {}, body })
    },
  })
}

const HEX = '0123456789abcdef'.repeat(4)
const record = { usage: 3, selector: 1, matching: 1, data: Buffer.from(HEX, 'hex') }
const tlsa = (data: string) => ({ name: '_25._tcp.mx.test.', type: 52, data })
const address = (name: string) => ({ name, type: 1, data: '192.0.2.1' })
const alias = (name: string, data: string) => ({ name, type: 5, data })

describe('TLSA records over HTTPS', () => {
  it('asks in JSON, for the proofs of DNSSEC', async () => {
    const signal = new AbortController().signal
    await resolverFor({}).resolveTlsa('_25._tcp.mx.test', { signal })
    expect(sent).toEqual([
      {
        url: 'https://dns.test/resolve?ct=json&name=_25._tcp.mx.test&type=TLSA&do=1',
        headers: { accept: 'application/dns-json' },
        signal,
      },
    ])
  })

  it.each([
    ['as RFC 6698 writes them', `3 1 1 ${HEX}`],
    ['with blanks', `3 1 1 ${HEX.slice(0, 40)} ${HEX.slice(40).toUpperCase()}`],
    ['as RFC 3597 writes them', `\\# 35 03 01 01 ${HEX.replaceAll(/../g, '$& ').trim()}`],
    ['as RFC 3597 writes them, in one piece', `\\# 35 030101${HEX}`],
  ])('%s', async (_, data) => {
    const answer = {
      Status: 0,
      AD: true,
      Answer: [alias('_25._tcp.mx.test', 'x.test'), tlsa(data), { ...tlsa('x'), type: 46 }],
    }
    const found = await resolverFor({ TLSA: answer }).resolveTlsa('_25._tcp.mx.test', {})
    expect(found).toEqual({ secure: true, records: [record] })
  })

  it.each([
    ['not proved', { Status: 0, AD: false, Answer: [tlsa(`3 1 1 ${HEX}`)] }, false, 1],
    ['without a word on proofs', { Status: 0, Answer: [tlsa(`3 1 1 ${HEX}`)] }, false, 1],
    ['proved to be none', { Status: 0, AD: true }, true, 0],
    ['no such name', { Status: 3, AD: true }, true, 0],
    ['AD that is no boolean', { Status: 0, AD: 'true' }, false, 0],
  ])('%s', async (_, answer, secure, count) => {
    const found = await resolverFor({ TLSA: answer }).resolveTlsa('_25._tcp.mx.test', {})
    expect([found.secure, found.records.length]).toEqual([secure, count])
  })

  it.each([
    ['SERVFAIL, as for a forged answer', { Status: 2 }],
    ['REFUSED', { Status: 5 }],
    ['no status', {}],
    ['no JSON', '<html>'],
    ['null', 'null'],
    ['half an answer', { Status: 0, TC: true, Answer: [] }],
    ['answers that are none', { Status: 0, Answer: [{ name: 1 }] }],
    ['too many answers', { Status: 0, Answer: Array.from({ length: 201 }, () => tlsa('x')) }],
  ])('rejects with %s', async (_, answer) => {
    const found = resolverFor({ TLSA: answer }).resolveTlsa('_25._tcp.mx.test', {})
    await expect(found).rejects.toMatchObject({ code: 'policy.lookup-failed', outcome: 'transient', phase: 'resolve' })
  })

  it('rejects when the web server says no', async () => {
    await expect(resolverFor({}, 503).resolveTlsa('x.test', {})).rejects.toThrow('HTTP status 503')
  })
})

describe('hosts over HTTPS', () => {
  it.each([
    ['an address', { A: { Status: 0, AD: true, Answer: [address('mx.test.')] } }, 'mx.test', true, false],
    ['an address without proof', { A: { Status: 0, Answer: [address('mx.test.')] } }, 'mx.test', false, false],
    ['no address', {}, 'mx.test', true, false],
    [
      'an address that is proved, and none of the other family that is not',
      { A: { Status: 0, AD: true, Answer: [address('mx.test.')] }, AAAA: { Status: 0 } },
      'mx.test',
      true,
      false,
    ],
    [
      'an alias',
      {
        A: {
          Status: 0,
          AD: true,
          Answer: [alias('MX.test.', 'a.test.'), alias('a.test', 'B.test.'), address('b.test')],
        },
      },
      'b.test',
      true,
      false,
    ],
    [
      'an alias out of a signed zone',
      {
        A: { Status: 0, Answer: [alias('mx.test', 'b.test'), address('b.test')] },
        CNAME: { Status: 0, AD: true, Answer: [alias('mx.test', 'b.test')] },
      },
      'b.test',
      false,
      true,
    ],
    [
      'an alias without proof',
      {
        A: { Status: 0, Answer: [alias('mx.test', 'b.test'), address('b.test')] },
        CNAME: { Status: 0, Answer: [alias('mx.test', 'b.test')] },
      },
      'b.test',
      false,
      false,
    ],
  ])('%s', async (_, answers, canonicalName, secure, secureAlias) => {
    const found = await resolverFor(answers).resolveHost('mx.test', {})
    expect(found).toEqual({ canonicalName, secure, secureAlias })
  })

  it('rejects aliases without end', async () => {
    const A = { Status: 0, AD: true, Answer: [alias('mx.test', 'b.test'), alias('b.test', 'mx.test')] }
    await expect(resolverFor({ A }).resolveHost('mx.test', {})).rejects.toMatchObject({ code: 'policy.lookup-failed' })
  })
})

describe('records over HTTPS', () => {
  it.each([
    [
      'those of the type',
      { Status: 0, AD: true, Answer: [alias('a.test', 'b.test'), { name: 'b.test', type: 15, data: '10 mx.' }] },
      ['10 mx.'],
      true,
      true,
    ],
    ['none', { Status: 0, Answer: [] }, [], false, true],
    ['no such name', { Status: 3, AD: true }, [], true, false],
  ])('%s', async (_, answer, records, secure, exists) => {
    const request = () => Promise.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) })
    const found = await lookUpOverHttps({ url: 'https://dns.test/', request }, 'a.test', 'MX')
    expect(found).toEqual({ records, secure, exists })
  })
})
