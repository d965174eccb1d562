import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowsMx, MtaStsSyntaxError, parseMtaStsPolicy } from './mta-sts-policy.js'
import { mtaStsId } from './mta-sts-record.js'

describe('parseMtaStsPolicy, RFC 8461 3.2', () => {
  it('reads the example of the RFC', () => {
    const text =
      'version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\nmx: backupmx.example.com\nmax_age: 604800\n'
    const policy = {
      mode: 'enforce',
      mx: ['mail.example.com', '*.example.net', 'backupmx.example.com'],
      maxAgeSeconds: 604_800,
    }
    expect(parseMtaStsPolicy(text)).toEqual(policy)
    expect(parseMtaStsPolicy(text.replaceAll('\n', '\r\n'))).toEqual(policy)
    expect(parseMtaStsPolicy(text.trimEnd())).toEqual(policy)
    expect(parseMtaStsPolicy(text.replaceAll(': ', ':'))).toEqual(policy)
    expect(parseMtaStsPolicy(text.replaceAll('\n', ' \t\n'))).toEqual(policy)
  })

  it('passes over fields that are not known, and takes the first of those that stand there twice', () => {
    const text =
      'mode: testing\nversion: STSv1\nfuture: a: b\nmode: none\nMode: none\nmx: a.test\nmax_age: 1\nmax_age: 2\n\n'
    expect(parseMtaStsPolicy(text)).toEqual({ mode: 'testing', mx: ['a.test'], maxAgeSeconds: 1 })
  })

  it('needs no mx with mode none, and takes more than a year for a year', () => {
    const text = 'version: STSv1\nmode: none\nmax_age: 9999999999'
    expect(parseMtaStsPolicy(text)).toEqual({ mode: 'none', mx: [], maxAgeSeconds: 31_557_600 })
  })

  it.each([
    ['nothing', ''],
    ['no version', 'mode: none\nmax_age: 1'],
    ['another version', 'version: STSv2\nmode: none\nmax_age: 1'],
    ['no mode', 'version: STSv1\nmax_age: 1\nmx: a.test'],
    ['another mode', 'version: STSv1\nmode: Enforce\nmax_age: 1\nmx: a.test'],
    ['no max_age', 'version: STSv1\nmode: none'],
    ['a negative max_age', 'version: STSv1\nmode: none\nmax_age: -1'],
    ['a long max_age', 'version: STSv1\nmode: none\nmax_age: 12345678901'],
    ['no mx', 'version: STSv1\nmode: enforce\nmax_age: 1'],
    ['an mx that is none', 'version: STSv1\nmode: enforce\nmax_age: 1\nmx: a_b.test'],
    ['a wildcard within', 'version: STSv1\nmode: enforce\nmax_age: 1\nmx: mx*.test'],
    ['a wildcard alone', 'version: STSv1\nmode: enforce\nmax_age: 1\nmx: *'],
    ['a dot at the end', 'version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.test.'],
    ['an empty mx', 'version: STSv1\nmode: enforce\nmax_age: 1\nmx:'],
    ['a web page', '<!doctype html>\n<title>Sign in</title>'],
    ['a line without a colon', 'version: STSv1\nmode: none\nmax_age: 1\nhello'],
    ['too much', `version: STSv1\nmode: none\nmax_age: 1\nx: ${'a'.repeat(70_000)}`],
  ])('refuses %s', (_, text) => {
    expect(() => parseMtaStsPolicy(text)).toThrow(MtaStsSyntaxError)
  })

  it('gives a policy or its own error for any text, and reads what it has read', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'version: STSv1',
        'mode: enforce',
        'mode: none',
        'max_age: 86400',
        'mx: a.test',
        'mx: *.b.test',
        '',
      ),
      fc.string(),
    )
    const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'))
    fc.assert(
      fc.property(text, (given) => {
        try {
          const { mode, mx, maxAgeSeconds } = parseMtaStsPolicy(given)
          const again = [
            'version: STSv1',
            `mode: ${mode}`,
            `max_age: ${maxAgeSeconds}`,
            ...mx.map((name) => `mx: ${name}`),
          ]
          expect(parseMtaStsPolicy(again.join('\r\n'))).toEqual({ mode, mx, maxAgeSeconds })
        } catch (error) {
          if (!(error instanceof MtaStsSyntaxError)) throw error
        }
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['spaces', ' '.repeat(65_000)],
    ['spaces before a carriage return', `a:${' '.repeat(65_000)}\rx`],
    ['colons', ':'.repeat(65_000)],
    ['line feeds', '\n'.repeat(65_000)],
    ['labels', `mx: ${'a.'.repeat(32_000)}`],
    ['hyphens', `mx: ${'a-'.repeat(32_000)}`],
  ])('takes no long time for %s', (_, text) => {
    expect(() => parseMtaStsPolicy(text)).toThrow(MtaStsSyntaxError)
  })
})

describe('allowsMx, RFC 8461 4.1', () => {
  it.each([
    [['mail.example.com'], 'mail.example.com', true],
    [['mail.example.com'], 'MAIL.Example.COM.', true],
    [['mail.example.com'], 'a.mail.example.com', false],
    [['*.example.com'], 'mail.example.com', true],
    [['*.example.com'], 'a.mail.example.com', false],
    [['*.example.com'], 'example.com', false],
    [['*.example.com'], '.example.com', false],
    [['*.example.com'], 'evilexample.com', false],
    [['*.com'], 'example.com', true],
    [['a.test', 'b.test'], 'b.test', true],
    [['a.test'], '', false],
    [['a.test'], 'localhost', false],
    [[], 'a.test', false],
  ])('%j and %s: %s', (mx, host, allowed) => {
    expect(allowsMx({ mode: 'enforce', mx, maxAgeSeconds: 1 }, host)).toBe(allowed)
  })
})

describe('mtaStsId, RFC 8461 3.1', () => {
  it.each([
    [[['v=STSv1; id=20160831085700Z;']], '20160831085700Z'],
    [[['v=STSv1;id=1']], '1'],
    [[['v=STS', 'v1; i', 'd=abc;']], 'abc'],
    [[['v=STSv1 ;\tid=1 ; other=x;']], '1'],
    [[['v=STSv1; other=x; id=1']], '1'],
    [[['v=STSv1; id=1; id=2']], '1'],
    [[['v=spf1 -all'], ['v=STSv1; id=1'], ['something else']], '1'],
    [[['v=STSv1; id=1'], ['v=STSv1; id=1']], undefined],
    [[['v=STSv1; id=1'], ['v=STSv1; id=2']], undefined],
    [[['v=STSv1']], undefined],
    [[['v=STSv1;']], undefined],
    [[['v=STSv1; id=']], undefined],
    [[['v=STSv1; id=a-b']], undefined],
    [[[`v=STSv1; id=${'1'.repeat(33)}`]], undefined],
    [[['v=STSv1; id=1;;']], undefined],
    [[['v=STSv1; id=1; x']], undefined],
    [[['v=STSv2; id=1']], undefined],
    [[['V=STSv1; id=1']], undefined],
    [[[' v=STSv1; id=1']], undefined],
    [[[`v=STSv1; id=1; x=${'y'.repeat(5000)}`]], undefined],
    [[[]], undefined],
    [[], undefined],
  ])('%j: %s', (records, id) => {
    expect(mtaStsId(records)).toBe(id)
  })
})
