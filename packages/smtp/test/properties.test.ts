import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reply } from '@posthorn/ground'
import { command } from '../src/command.js'
import { Extensions } from '../src/extensions.js'
import { SettingsError } from '../src/index.js'
import { parseMailbox, type Path } from '../src/mailbox.js'
import { ReplyParser } from '../src/reply-parser.js'
import { utf8AddressXtext, xtext } from '../src/xtext.js'
import { cut, cuts } from './cuts-of-octets.js'
import { readPath, readUtf8AddressXtext, readXtext } from './wire-oracle.js'

describe('ReplyParser', () => {
  /** The replies of these pieces, or the code of what was thrown with the replies before it. */
  function parse(pieces: readonly Uint8Array[]): { replies: Reply[]; error: string | undefined; empty: boolean } {
    const parser = new ReplyParser()
    const replies: Reply[] = []
    try {
      for (const piece of pieces) parser.push(Buffer.from(piece), (reply) => replies.push(reply))
      return { replies, error: undefined, empty: parser.empty }
    } catch (error) {
      return { replies, error: (error as { code: string }).code, empty: false }
    }
  }

  const text = fc.string({
    unit: fc.constantFrom('a', ' ', '2.0.0', '-', 'é', '\r', '\t', '\u2028', '250'),
    maxLength: 8,
  })
  const reply = fc
    .tuple(fc.integer({ min: 200, max: 599 }), fc.array(text, { minLength: 1, maxLength: 4 }))
    .map(([code, lines]) =>
      lines.map((line, index) => `${code}${index === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join(''),
    )

  it('gives the same replies however the octets are cut', () => {
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 6 }), cuts, (replies, at) => {
        const whole = Buffer.from(replies.join(''))
        const expected = parse([whole])
        expect(expected.replies).toHaveLength(replies.length)
        expect(expected.empty).toBe(true)
        expect(parse(cut(whole, at))).toEqual(expected)
        expect(parse([...whole].map((octet) => Uint8Array.of(octet)))).toEqual(expected)
      }),
    )
  })

  it('comes to the same end on any octets however they are cut', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .string({
          unit: fc.constantFrom('2', '5', '0', ' ', '-', '\r', '\n', 'x', '250 ok\r\n', '250-ok\r\n'),
          maxLength: 40,
        })
        .map((line) => Buffer.from(line)),
    )
    fc.assert(
      fc.property(hostile, cuts, (whole, at) => {
        expect(parse(cut(whole, at))).toEqual(parse([whole]))
      }),
      { numRuns: 500 },
    )
  })

  it('takes a line and a reply of up to 65,536 octets, however they are cut', () => {
    for (let length = 65_530; length <= 65_540; length++) {
      for (const end of ['\r\n', '\n']) {
        const single = Buffer.from(`250 ${'x'.repeat(length - 4)}${end}`)
        const lines = Buffer.from(`250-a${end}`.repeat(1_000) + `250 ${'x'.repeat(length - 5_004)}${end}`)
        for (const whole of [single, lines]) {
          const { replies, error } = parse([whole])
          expect(error, `${length} octets`).toBe(length <= 65_536 ? undefined : 'smtp.reply.too-long')
          expect(replies[0]?.lines.join('').length).toBe(
            length > 65_536 ? undefined : whole === single ? length - 4 : length - 4_004,
          )
          for (const at of [1, 4, whole.length - 2, whole.length - 1])
            expect(parse(cut(whole, [at])), `${length} octets, cut at ${at}`).toEqual({ ...parse([whole]) })
        }
      }
    }
  })

  it('gives the room back: one long reply behind the other, octet by octet', () => {
    const list = `250-x\r\n`.repeat(5_000) + '250 end\r\n'
    const whole = Buffer.from(list.repeat(4) + `250 ${'y'.repeat(40_000)}\r\n` + list)
    const expected = parse([whole])
    expect(expected.replies.map(({ lines }) => lines.length)).toEqual([5_001, 5_001, 5_001, 5_001, 1, 5_001])
    expect(parse([...whole].map((octet) => Uint8Array.of(octet)))).toEqual(expected)
  })

  it('hands out nothing that could steer a terminal or forge a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (line) => {
        const { replies } = parse([Buffer.from(`250 ${line}\r\n`)])
        for (const shown of replies.flatMap(({ lines }) => lines))
          expect(shown).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/)
      }),
    )
  })
})

describe('Extensions', () => {
  const word = fc.string({
    unit: fc.constantFrom('a', 'Z', '9', '=', '-', '_', 'é', '\ufffd'),
    minLength: 1,
    maxLength: 6,
  })
  const line = fc
    .array(
      fc.oneof(
        word,
        fc.constantFrom('AUTH', 'auth', 'AUTH=', 'SIZE', 'LIMITS', 'PIPELINING', 'RCPTMAX=5', '__proto__', '100', ''),
      ),
      { maxLength: 6 },
    )
    .map((words) => words.join(' '))

  it('takes any lines without throwing, and knows only what a line began with', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const extensions = new Extensions(lines)
        const first = lines.map((text) => text.trim().split(/ +/)[0]!.toUpperCase())
        for (const keyword of extensions.keywords)
          expect(first.some((said) => said === keyword || (keyword === 'AUTH' && said.startsWith('AUTH=')))).toBe(true)
        expect(extensions.pipelining).toBe(first.includes('PIPELINING'))
        if (extensions.maxSizeOctets !== undefined) expect(extensions.maxSizeOctets).toBeGreaterThan(0)
        for (const limit of Object.values(extensions.limits) as number[])
          expect(Number.isInteger(limit) && limit > 0).toBe(true)
        for (const name of extensions.mechanisms) expect(name).toBe(name.toUpperCase())
      }),
    )
  })

  it('does not care for the case of keywords', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const shown = ({ keywords, mechanisms, maxSizeOctets, limits }: Extensions) => ({
          keywords,
          mechanisms,
          maxSizeOctets,
          limits,
        })
        expect(shown(new Extensions(lines.map((text) => text.toLowerCase())))).toEqual(
          shown(new Extensions(lines.map((text) => text.toUpperCase()))),
        )
      }),
    )
  })
})

describe('command', () => {
  it('never lets an argument end a line: what goes out is one line, or nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({
            unit: fc.constantFrom('a', ' ', '\r', '\n', '\0', '\u2028', '\u010a', '\u760d', '\x7f', '\x85'),
          }),
        ),
        (line) => {
          let encoded: Buffer
          try {
            encoded = Buffer.from(command('command', line).text, 'utf8')
          } catch (error) {
            expect(error).toBeInstanceOf(SettingsError)
            expect(line).toMatch(/[\x00-\x1f\x7f]/)
            return
          }
          expect(encoded.subarray(-2).toString()).toBe('\r\n')
          expect(encoded.subarray(0, -2).every((octet) => octet >= 0x20 && octet !== 0x7f)).toBe(true)
          expect(encoded.subarray(0, -2).toString()).toBe(line.toWellFormed())
        },
      ),
    )
  })
})

describe('parseMailbox', () => {
  const local = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,8}(\.[a-z]{1,4})?$/),
    fc
      .string({ unit: fc.constantFrom('a', ' ', '@', '>', '<', '"', '\\', ',', '.', 'ü', '(', ';'), maxLength: 10 })
      .map((content) => `"${content.replace(/["\\]/g, '\\$&')}"`),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    fc.string({ unit: fc.constantFrom('a', '"', '\\', '@', '.', '>', ' ', 'é'), maxLength: 8 }),
  )
  const domain = fc.oneof(
    fc.domain(),
    fc.constantFrom(
      'example.test',
      'EXAMPLE.test',
      'bücher.example',
      '[192.0.2.1]',
      '[IPv6:2001:db8::1]',
      'a_b.test',
      '-a.test',
      'a..b',
      'ｅxample.test',
    ),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  )
  const address = fc.oneof(
    fc.tuple(local, domain).map(([left, right]) => `${left}@${right}`),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.emailAddress(),
  )

  function attempt(text: string): Path | undefined {
    try {
      return parseMailbox(text, 'x')
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError)
      return undefined
    }
  }

  it('what it writes is one mailbox, the one that was meant, and reads back as itself', () => {
    fc.assert(
      fc.property(address, (text) => {
        const path = attempt(text)
        if (!path) return
        const { local: readLocal, domain: readDomain, parameters } = readPath(`RCPT TO:<${path.wire}>`)
        expect(parameters.size).toBe(0)
        expect(readDomain).toBe(path.domain)
        const before = text.slice(0, text.lastIndexOf('@'))
        expect(readLocal).toBe(before.startsWith('"') ? before.slice(1, -1).replace(/\\(.)/gsu, '$1') : before)
        expect(parseMailbox(path.wire, 'x')).toEqual(path)
        expect(path.utf8).toBe(/[^\x00-\x7f]/.test(path.wire))
        expect(path.wire).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/)
        expect(Buffer.byteLength(path.wire)).toBeLessThanOrEqual(254)
      }),
      { numRuns: 3_000 },
    )
  })

  it('takes every ordinary mailbox as it is', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9._%+-]{1,20}$/).filter((name) => !/^\.|\.$|\.\./.test(name)),
        (name) => {
          expect(attempt(`${name}@example.test`)).toEqual({
            wire: `${name}@example.test`,
            domain: 'example.test',
            utf8: false,
          })
        },
      ),
    )
  })

  it('allows the greatest lengths of RFC 5321 4.5.3.1 and nothing longer', () => {
    const labels = (length: number): string => 'a'.repeat(60) + '.' + 'b'.repeat(60) + '.' + 'c'.repeat(length - 122)
    expect(attempt(`${'x'.repeat(64)}@example.test`)?.wire).toHaveLength(77)
    expect(attempt(`${'x'.repeat(65)}@example.test`)).toBeUndefined()
    expect(attempt(`${'ü'.repeat(32)}@example.test`)).toBeDefined()
    expect(attempt(`${'ü'.repeat(33)}@example.test`)).toBeUndefined()
    expect(attempt(`${'x'.repeat(64)}@${labels(185)}`)?.wire).toHaveLength(250)
    expect(attempt(`${'x'.repeat(60)}@${'a'.repeat(64)}.test`)).toBeUndefined()
    const long = `${labels(180)}.${'d'.repeat(12)}`
    expect(attempt(`${'x'.repeat(254 - long.length - 1)}@${long}`)?.wire).toHaveLength(254)
    expect(attempt(`${'x'.repeat(255 - long.length - 1)}@${long}`)).toBeUndefined()
  })
})

describe('xtext', () => {
  it('reads back as it was, and is made of xchars alone (RFC 3461 4)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(xtext(text)).toMatch(/^[!-*,-<>-~]*(?:\+[0-9A-F]{2}[!-*,-<>-~]*)*$/)
        expect(readXtext(xtext(text))).toBe(text)
      }),
    )
  })

  it('as utf-8-addr-xtext reads back as it was too (RFC 6533 3)', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => !/[\x00-\x0f]/.test(text)),
        (text) => {
          expect(readUtf8AddressXtext(utf8AddressXtext(text))).toBe(text)
        },
      ),
    )
  })
})
