import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '@posthorn/ground'
import { verifyDkim } from '../../test/verify-dkim.js'
import { CanonicalBody } from './canonical-body.js'
import { canonicalField } from './canonical-header.js'
import type { DkimOptions } from './options.js'
import { dkimFields } from './sign.js'

const NOW = new Date('2026-11-21T12:00:00Z')
const HEADER =
  'Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nFrom: Ann <ann@example.com>\r\nTo: bob@example.org,\r\n  eve@example.org\r\n' +
  'Subject:   Hello \t there\r\nMessage-ID: <1@example.com>\r\nX-Own: 1\r\nX-Own: 2\r\nMIME-Version: 1.0\r\n' +
  'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n'
const BODY = 'Hello  you,\t \r\n\r\n this is  text\r\n\r\n\r\n'

let rsa: { privateKey: KeyObject; publicKey: KeyObject }
let ed25519: { privateKey: KeyObject; publicKey: KeyObject }
let keys: Record<string, string>
beforeAll(() => {
  rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  ed25519 = generateKeyPairSync('ed25519')
  const spki = rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  const raw = ed25519.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
  keys = {
    'r._domainkey.example.com': `v=DKIM1; k=rsa; p=${spki}`,
    'e._domainkey.example.com': `v=DKIM1; k=ed25519; p=${raw}`,
  }
})

const withRsa = (more: Partial<DkimOptions> = {}): DkimOptions => ({
  domain: 'example.com',
  selector: 'r',
  privateKey: rsa.privateKey,
  ...more,
})
const withEd25519 = (more: Partial<DkimOptions> = {}): DkimOptions => ({
  domain: 'example.com',
  selector: 'e',
  privateKey: ed25519.privateKey,
  ...more,
})

async function* chunks(text: string, size = 7): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  const octets = Buffer.from(text)
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
}

async function signed(signatures: readonly DkimOptions[], header = HEADER, body = BODY): Promise<Buffer> {
  const fields = await dkimFields(header, () => chunks(body), signatures, NOW)
  return Buffer.from(`${fields}${header}\r\n${body}`)
}

describe('a signature that another implementation verifies', () => {
  for (const canonicalization of ['relaxed/relaxed', 'relaxed/simple', 'simple/relaxed', 'simple/simple'] as const) {
    it(`both key types, ${canonicalization}`, async () => {
      const message = await signed([withRsa({ canonicalization }), withEd25519({ canonicalization })])
      expect(await verifyDkim(message, keys, NOW)).toEqual(['rsa-sha256 pass', 'ed25519-sha256 pass'])
    })
  }

  for (const [name, body] of Object.entries({
    'no body': '',
    'one line end': '\r\n',
    'empty lines alone': '\r\n\r\n\r\n',
    'no line end at the end': 'a line',
    'white space at the end': 'a line \t',
    'a line of white space at the end': 'a line\r\n \t\r\n',
    'UTF-8': 'Grüße  aus Köln\r\n',
    'long lines': `${'x'.repeat(900)} ${'y'.repeat(50)}\r\n`.repeat(40),
  })) {
    it(name, async () => {
      const message = await signed([withRsa(), withRsa({ canonicalization: 'simple/simple' })], HEADER, body)
      expect(await verifyDkim(message, keys, NOW)).toEqual(['rsa-sha256 pass', 'rsa-sha256 pass'])
    })
  }

  it('every octet of the body and every signed field counts', async () => {
    const message = (await signed([withRsa(), withEd25519()])).toString()
    for (const [from, to] of [
      ['this is  text', 'this is  tExt'],
      ['Ann <ann@', 'Ann <anm@'],
      ['Subject:   Hello', 'Subject:   Hallo'],
      ['bob@example.org', 'bob@example.net'],
    ]) {
      const changed = Buffer.from(message.replace(from!, to!))
      expect(await verifyDkim(changed, keys, NOW)).not.toContain('rsa-sha256 pass')
      expect(await verifyDkim(changed, keys, NOW)).not.toContain('ed25519-sha256 pass')
    }
  })

  it('a second From, Subject or Cc cannot be added, an unsigned field can', async () => {
    const message = (await signed([withRsa()])).toString()
    for (const field of ['From: x@example.net', 'Subject: other', 'Cc: x@example.net', 'Reply-To: x@example.net']) {
      const above = Buffer.from(message.replace('Date:', `${field}\r\nDate:`))
      expect(await verifyDkim(above, keys, NOW)).toEqual(['rsa-sha256 fail'])
    }
    const other = Buffer.from(message.replace('Date:', 'X-Other: 1\r\nDate:'))
    expect(await verifyDkim(other, keys, NOW)).toEqual(['rsa-sha256 pass'])
  })

  it('relaxed survives reflowed white space', async () => {
    const message = (await signed([withRsa()])).toString()
    const reflowed = message
      .replace('Subject:   Hello \t there', 'SUBJECT: Hello\r\n there')
      .replace('Hello  you,\t ', 'Hello you,')
    expect(await verifyDkim(Buffer.from(reflowed), keys, NOW)).toEqual(['rsa-sha256 pass'])
  })

  it('fields that are there several times are all signed', async () => {
    const message = (await signed([withRsa({ headerFields: ['X-Own'] })])).toString()
    expect(message).toMatch(/:x-own:x-own:/)
    expect(await verifyDkim(Buffer.from(message), keys, NOW)).toEqual(['rsa-sha256 pass'])
    expect(await verifyDkim(Buffer.from(message.replace('X-Own: 1', 'X-Own: 3')), keys, NOW)).toEqual([
      'rsa-sha256 fail',
    ])
  })

  it('identity and expiry are written, and kept to the domain', async () => {
    const message = await signed([withRsa({ identity: '"ä;b"@sub.example.com', expiresAfterSeconds: 3600 })])
    expect(message.toString()).toContain('i="=C3=A4=3Bb"@sub.example.com;')
    expect(message.toString()).toContain(`t=${NOW.getTime() / 1000}; x=${NOW.getTime() / 1000 + 3600};`)
    expect(await verifyDkim(message, keys, NOW)).toEqual(['rsa-sha256 pass'])
    const late = new Date(NOW.getTime() + 3601_000)
    expect(await verifyDkim(message, keys, late)).not.toContain('rsa-sha256 pass')
  })

  it('takes keys as PEM, DER, Secret and KeyObject', async () => {
    const pem = rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })
    const der = ed25519.privateKey.export({ type: 'pkcs8', format: 'der' })
    const message = await signed([
      withRsa({ privateKey: pem }),
      withRsa({ privateKey: Buffer.from(pem) }),
      withRsa({ privateKey: new Secret(pem as string) }),
      withEd25519({ privateKey: der }),
    ])
    expect(await verifyDkim(message, keys, NOW)).toEqual([
      'rsa-sha256 pass',
      'rsa-sha256 pass',
      'rsa-sha256 pass',
      'ed25519-sha256 pass',
    ])
  })

  it('options that are changed count as they are', async () => {
    const options = { ...withRsa() }
    await signed([options])
    Object.assign(options, { selector: 'e', privateKey: ed25519.privateKey })
    expect(await verifyDkim(await signed([options]), keys, NOW)).toEqual(['ed25519-sha256 pass'])
  })

  it('a U-label is written as its A-label', async () => {
    const message = await signed([withRsa({ domain: 'Bücher.example' })])
    const spki = keys['r._domainkey.example.com']!
    expect(await verifyDkim(message, { 'r._domainkey.xn--bcher-kva.example': spki }, NOW)).toEqual(['rsa-sha256 pass'])
  })

  it('no line of the field is longer than 78 characters', async () => {
    const fields = await dkimFields(HEADER, () => chunks(BODY), [withRsa({ selector: 'a'.repeat(30) })], NOW)
    for (const line of fields.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78)
  })
})

describe('what cannot be signed with is refused, naming the field', () => {
  const small = () => generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey
  const cases: [string, () => Partial<DkimOptions>, string, string][] = [
    ['a domain with a line end', () => ({ domain: 'a\r\nb' }), 'draft.control-character', 'dkim[0].domain'],
    ['no domain', () => ({ domain: 'exa mple' }), 'dkim.domain', 'dkim[0].domain'],
    ['a selector with a tag', () => ({ selector: 's; x=1' }), 'dkim.selector', 'dkim[0].selector'],
    ['a short RSA key', () => ({ privateKey: small() }), 'dkim.key', 'dkim[0].privateKey'],
    ['a public key', () => ({ privateKey: rsa.publicKey }), 'dkim.key', 'dkim[0].privateKey'],
    ['no key', () => ({ privateKey: 'secret words' }), 'dkim.key', 'dkim[0].privateKey'],
    ['an identity elsewhere', () => ({ identity: '@example.org' }), 'dkim.identity', 'dkim[0].identity'],
    ['an identity that ends alike', () => ({ identity: '@notexample.com' }), 'dkim.identity', 'dkim[0].identity'],
    [
      'an identity with a quotation mark that is not closed',
      () => ({ identity: '"@example.com' }),
      'dkim.identity',
      'dkim[0].identity',
    ],
    ['an identity outside the grammar', () => ({ identity: 'a;b@example.com' }), 'dkim.identity', 'dkim[0].identity'],
    ['an identity without a domain', () => ({ identity: 'a' }), 'dkim.identity', 'dkim[0].identity'],
    ['an identity of nothing', () => ({ identity: '@' }), 'dkim.identity', 'dkim[0].identity'],
    ['Received', () => ({ headerFields: ['Received'] }), 'dkim.header-fields', 'dkim[0].headerFields[0]'],
    ['a name with a colon', () => ({ oversign: ['a:b'] }), 'dkim.header-fields', 'dkim[0].oversign[0]'],
    ['no time', () => ({ expiresAfterSeconds: 0 }), 'dkim.expires', 'dkim[0].expiresAfterSeconds'],
  ]
  for (const [name, more, code, field] of cases) {
    it(name, async () => {
      const refused = dkimFields(HEADER, () => chunks(BODY), [withRsa(more())], NOW)
      await expect(refused).rejects.toMatchObject({ code, field })
    })
  }

  it('a key never shows in the error', async () => {
    const secret = 'super-secret-words'
    const refused = dkimFields(HEADER, () => chunks(BODY), [withRsa({ privateKey: secret })], NOW)
    const error: unknown = await refused.catch((thrown: unknown) => thrown)
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(secret)
  })
})

describe('the canonical body', () => {
  /** RFC 6376 3.4.3 and 3.4.4, said with regular expressions over the whole. */
  function plain(body: string, relaxed: boolean): string {
    const reduced = relaxed ? body.replace(/[ \t]+(?=\r\n|$(?![\s\S]))/g, '').replace(/[ \t]+/g, ' ') : body
    const trimmed = reduced.replace(/(?:\r\n)+$(?![\s\S])/, '')
    return trimmed === '' && relaxed ? '' : `${trimmed}\r\n`
  }

  const bit = fc.constantFrom('a', ' ', '\t', '\r\n', '\r', '\n', 'bc', '\r\n\r\n', '  ')
  it('is that of the RFC however the body is cut', () => {
    fc.assert(
      fc.property(
        fc.array(bit, { maxLength: 30 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (bits, size, relaxed) => {
          const body = bits.join('')
          let out = ''
          const canonical = new CanonicalBody(relaxed, (octets) => (out += Buffer.from(octets).toString('latin1')))
          const octets = Buffer.from(body)
          for (let at = 0; at < octets.length; at += size) canonical.push(octets.subarray(at, at + size))
          canonical.end()
          expect(out).toBe(plain(body, relaxed))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('canonical fields are those of RFC 6376 3.4.5', () => {
    expect(canonicalField('A: X\r\n', true)).toBe('a:X\r\n')
    expect(canonicalField('B : Y\t\r\n\tZ  \r\n', true)).toBe('b:Y Z\r\n')
    expect(canonicalField('C: \u00a0d\u3000 \r\n', true)).toBe('c:\u00a0d\u3000\r\n') // white space is space and tab alone
    expect(canonicalField('B : Y\t\r\n\tZ  \r\n', false)).toBe('B : Y\t\r\n\tZ  \r\n')
  })
})
