import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Hidden } from './hidden.js'

const SECRET = 'p\u00e4ss/w\u00f6rd+"1"'

function hiding(...secrets: string[]): Hidden {
  const hidden = new Hidden()
  for (const secret of secrets) hidden.add(secret)
  return hidden
}

describe('Hidden', () => {
  const octets = Buffer.from(SECRET, 'utf8')
  it.each([
    ['plain', SECRET],
    ['base64', octets.toString('base64')],
    ['base64url', octets.toString('base64url')],
    ['hexadecimal', octets.toString('hex')],
    ['HEXADECIMAL', octets.toString('hex').toUpperCase()],
    ['part of a URL', encodeURIComponent(SECRET)],
    ['part of a url', encodeURIComponent(SECRET).replace(/%../g, (escape) => escape.toLowerCase())],
    ['a form', new URLSearchParams({ x: SECRET }).toString().slice(2)],
    ['all of it escaped', octets.toString('hex').replace(/../g, '%$&')],
    ['JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['JSON with escaped slashes', JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
    ['JSON in US-ASCII', 'p\\u00e4ss/w\\u00f6rd+\\"1\\"'],
  ])('hides it as %s', (_form, text) => {
    expect(hiding(SECRET).maskText(`535 5.7.8 (${text}) no`)).toBe('535 5.7.8 (***) no')
  })

  it('hides it in base64 of whatever it stands in, at every place', () => {
    const secret = 'Wonder-7land'
    const cores = ['V29uZGVyLTdsYW5', 'dvbmRlci03bGFuZ', 'Xb25kZXItN2xhbm']
    for (const before of ['', 'a', 'ab', 'abc', '\0alice\0']) {
      for (const after of ['', 'x', 'xy', '\x01\x01']) {
        const text = Buffer.from(`${before}${secret}${after}`).toString('base64')
        const masked = hiding(secret).maskText(text)
        expect(masked).toContain('***')
        for (const core of cores) expect(masked).not.toContain(core)
      }
    }
  })

  describe('a piece of it', () => {
    const secret = 'pencil-Secret-Z\u00fcrich/+9'
    const base64 = Buffer.from(`\0app\0${secret}`).toString('base64')
    const escaped = encodeURIComponent(secret)
    it.each([
      ['the first half of base64', base64.slice(0, 28), /AGFw|cGVuY2/],
      ['the second half of base64', base64.slice(16), /LVNlY3JldC1/],
      ['capitals', secret.toUpperCase(), /PENCIL|ICH/],
      ['eight characters', secret.slice(3, 11), /cil-Secr/],
      ['hexadecimal, mixed', Buffer.from(secret).toString('hex').slice(4, 20).toUpperCase(), /[0-9A-F]{8}/],
      ['a small URL', escaped.toLowerCase(), /%2f|%2b|secret/],
      ['another encoding of what is not ASCII', secret.replace('\u00fc', '\\303\\274'), /pencil|Secret/],
    ])('%s', (_what, said, never) => {
      const hidden = hiding(secret)
      hidden.addCommand(`AUTH PLAIN ${base64}\r\n`, 'AUTH PLAIN ***')
      const shown = hidden.maskText(`535 5.7.8 (${said}) no`)
      expect(shown).toMatch(/^535 5\.7\.8 \(.*\*\*\*.*\) no$/)
      expect(shown.slice(9)).not.toMatch(never)
    })

    it('over several lines, with an enhanced code in front of each, however short the pieces', () => {
      const hidden = hiding(secret)
      for (const size of [3, 7, 20]) {
        const pieces = secret.match(new RegExp(`.{1,${size}}`, 'gu'))!
        const { lines } = hidden.mask({ code: 535, lines: ['5.7.8 bad:', ...pieces.map((piece) => `5.7.8 ${piece}`)] })
        expect(lines).toEqual(['5.7.8 bad:', ...pieces.map(() => '5.7.8 ***')])
      }
    })

    it('of seven characters is left: any text may have it', () => {
      expect(hiding(secret).maskText(`${secret.slice(0, 7)} ${secret.slice(8, 15)}`)).not.toContain('*')
    })

    it('however much a server repeats, and however long the secret is', () => {
      const long = Array.from({ length: 20_000 }, (_, index) => index.toString(36)).join('')
      const hidden = hiding(long, 'a'.repeat(64))
      const lines = Array.from(
        { length: 256 },
        (_, index) => `${long.slice(index * 90, index * 90 + 12_000)}${'a'.repeat(90)}`,
      )
      expect(hidden.mask({ code: 535, lines }).lines).toEqual(lines.map(() => '***'))
    })
  })

  it('hides what a command said, and nothing that its shown form says', () => {
    const hidden = new Hidden()
    hidden.addCommand('AUTH PLAIN AGFwcABwZW5jaWw=\r\n', 'AUTH PLAIN ***')
    expect(hidden.maskText('535 AUTH PLAIN AGFwcABwZW5jaWw= refused')).toBe('535 AUTH PLAIN *** refused')
  })

  it('keeps the reply as it came for those who must read it, and shows another', () => {
    const hidden = hiding('pencil')
    const reply = { code: 334, lines: ['a pencil', 'b'] }
    const shown = hidden.mask(reply)
    expect(shown).toEqual({ code: 334, lines: ['a ***', 'b'] })
    expect(hidden.received(shown)).toBe(reply)
    expect(hidden.received(reply)).toBe(reply)
    const clean = { code: 250, lines: ['ok, b123456'] }
    expect(hidden.mask(clean)).toBe(clean)
    hidden.add('b123456')
    expect(hidden.mask(clean)).toEqual({ code: 250, lines: ['ok, ***'] })
  })

  it('leaves alone what is too short to be told from other text', () => {
    expect(hiding('ab').maskText('about abba')).toBe('about abba')
  })

  it('no random secret is left in any form', () => {
    const secret = fc
      .oneof(fc.string({ minLength: 4 }), fc.string({ minLength: 4, unit: 'grapheme' }))
      .filter((text) => text.isWellFormed())
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (text, before, after) => {
        const bytes = Buffer.from(text, 'utf8')
        const forms = [
          text,
          bytes.toString('base64'),
          bytes.toString('hex'),
          encodeURIComponent(text),
          JSON.stringify(text).slice(1, -1),
        ]
        const hidden = hiding(text)
        for (const form of forms)
          expect(hidden.maskText(`${before}${form}${after}`)).not.toContain(form.length > 3 ? form : '\0none')
      }),
      { numRuns: 300 },
    )
  })
})
