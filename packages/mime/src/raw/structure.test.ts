import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partName } from './entity.js'
import { rawContent } from './raw-content.js'
import { structureOfOctets, StructureScan, type Structure } from './structure.js'

/** What was found, as text: kind and type of each entity, and what stands in its regions. */
function described({ entities, limit, bare }: Structure, octets: Buffer) {
  const found = entities.map((entity) => {
    const regions = entity.regions.map(({ from, to }) => octets.toString('latin1', from, to))
    const facts = entity.regions.map(({ next, facts: { highOctets, longestLine, nul } }) => ({
      next,
      highOctets,
      longestLine,
      nul,
    }))
    return {
      name: partName(entity),
      kind: entity.kind,
      type: entity.type,
      depth: entity.depth,
      regions,
      facts,
      header: entity.header,
    }
  })
  return { found, limit, bare }
}

const scanned = (text: string) => described(structureOfOctets(Buffer.from(text, 'latin1')), Buffer.from(text, 'latin1'))
const bodies = (text: string) => scanned(text).found.map(({ name, kind, regions }) => [name, kind, ...regions])

const multi = (boundary: string, ...lines: string[]) =>
  [`Content-Type: multipart/mixed; boundary="${boundary}"`, '', ...lines].join('\r\n')

const repeated = (count: number, line: string) => `${line}\r\n`.repeat(count - 1) + line

describe('StructureScan', () => {
  it('finds parts, preambles and epilogues', () => {
    const inner = multi('in', 'pre', '--in', '', 'one', '--in--', 'post')
    expect(bodies(multi('out', '--out', inner, '--out', 'X: y', '', 'two', '', '--out--', ''))).toEqual([
      ['the body', 'multipart'],
      ['part 1', 'multipart', 'pre', 'post'],
      ['part 1.1', 'leaf', 'one'],
      ['part 2', 'leaf', 'two\r\n'],
    ])
  })

  it.each<[string, string, unknown[][]]>([
    [
      'is not closed',
      multi('b', '--b', '', 'x', ''),
      [
        ['the body', 'multipart'],
        ['part 1', 'leaf', 'x\r\n'],
      ],
    ],
    [
      'is closed within an inner one',
      multi('b', '--b', multi('c', '--c', '', 'x', '--b', '', 'y')),
      [
        ['the body', 'multipart'],
        ['part 1', 'multipart'],
        ['part 1.1', 'leaf', 'x'],
        ['part 2', 'leaf', 'y'],
      ],
    ],
    [
      'has the boundary of the one around it',
      multi('b', '--b', multi('b', '--b', '', 'x', '--b--', '--b', '', 'y')),
      [
        ['the body', 'multipart'],
        ['part 1', 'multipart'],
        ['part 1.1', 'leaf', 'x'],
        ['part 2', 'leaf', 'y'],
      ],
    ],
    [
      'holds lines that only begin or end like a delimiter',
      multi('b', '--b', '', '--bc', '--b-', ' --b', 'a--b', '--', '-', '--b--x'),
      [
        ['the body', 'multipart'],
        ['part 1', 'leaf', '--bc\r\n--b-\r\n --b\r\na--b\r\n--\r\n-\r\n--b--x'],
      ],
    ],
    [
      'has delimiters with white space behind them',
      multi('b', '--b \t', '', 'x', '--b--  '),
      [
        ['the body', 'multipart'],
        ['part 1', 'leaf', 'x'],
      ],
    ],
    [
      'has parts without a body or without a header',
      multi('b', '--b', 'X: y', '--b', '', '--b', '', '', '--b--', ''),
      [
        ['the body', 'multipart'],
        ['part 1', 'leaf'],
        ['part 2', 'leaf'],
        ['part 3', 'leaf', ''],
      ],
    ],
    [
      'goes on behind its end',
      multi('b', '--b', '', 'x', '--b--', '--b', '', 'y'),
      [
        ['the body', 'multipart', '--b\r\n\r\ny'],
        ['part 1', 'leaf', 'x'],
      ],
    ],
    ['has no boundary', 'Content-Type: multipart/mixed\r\n\r\n--b\r\n', [['the body', 'closed', '--b\r\n']]],
    ['ends with its header', 'Content-Type: multipart/mixed; boundary=b\r\n', [['the body', 'multipart']]],
    [
      'has another end in its boundary',
      multi('b--', '--b----', '--b--', '', 'x', '--b----'),
      [['the body', 'multipart', '--b--\r\n\r\nx\r\n--b----']],
    ],
  ])('takes a multipart that %s', (_what, message, expected) => {
    expect(bodies(message)).toEqual(expected)
  })

  it('goes into messages and digests, and not where the octets are encoded', () => {
    const digest = 'Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n'
    expect(bodies(digest)).toEqual([
      ['the body', 'multipart'],
      ['part 1', 'message'],
      ['part 1', 'leaf', 'x'],
    ])
    expect(bodies('Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nx')).toEqual([
      ['the body', 'leaf', 'x'],
    ])
    expect(bodies('Content-Type: message/partial; id=a\r\n\r\nx')).toEqual([['the body', 'closed', 'x']])
  })

  it.each([
    ['text/plain', 'text/plain', undefined],
    ['TEXT/Plain ; charset=x', 'text/plain', undefined],
    ['multipart/mixed; Boundary = "a;b\\"c" ; x=y', 'multipart/mixed', 'a;b"c'],
    ['multipart/mixed; x="; boundary=no"; boundary=yes(comment)', 'multipart/mixed', 'yes'],
    ['multipart (c) / (d) mixed;boundary=b', 'multipart/mixed', 'b'],
    ['multipart/mixed; boundary="b  "', 'multipart/mixed', 'b'],
    ['multipart/mixed; boundary=', 'multipart/mixed', undefined],
    ['multipart/mixed; boundary="', 'multipart/mixed', undefined],
    ['multipart/mixed; boundary*=x', 'multipart/mixed', undefined],
    ['nonsense', '', undefined],
    ['', '', undefined],
  ])('reads the type %j', (value, type, boundary) => {
    const [entity] = structureOfOctets(Buffer.from(`Content-Type: ${value}\r\n\r\n`)).entities
    expect([entity!.header.type, entity!.header.boundary]).toEqual([type, boundary])
  })

  it('finds the same whatever the blocks', () => {
    const units = [
      '--b1',
      '--b2',
      '--',
      '-',
      '\r\n',
      '\n',
      '\r\n\r\n',
      'é',
      'x',
      ' ',
      'Content-Type: multipart/mixed; boundary=b1\r\n\r\n',
    ]
    const unit = fc.constantFrom(
      ...units,
      'Content-Type: multipart/x; boundary=b2\r\n\r\n',
      'Content-Type: message/rfc822\r\n\r\n',
      'y'.repeat(600),
    )
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 40 })), (given, sizes) => {
        const text = Buffer.from(`${units.at(-1)}${given}`, 'latin1')
        const scan = new StructureScan()
        let at = 0
        for (const size of [...sizes, text.length]) {
          scan.push(Buffer.from(text.subarray(at, at + size)))
          at += size
        }
        expect(described(scan.end(), text)).toEqual(described(structureOfOctets(text), text))
      }),
      { numRuns: 300 },
    )
  })
})

describe('StructureScan, hostile messages', () => {
  const recode = async (message: string) => {
    const content = await rawContent(Buffer.from(message))
    return content.recode('7bit')
  }

  it('10,000 parts are taken, and more are not', async () => {
    const parts = (count: number) =>
      multi('b', 'ü'.repeat(3), repeated(count, '--b\r\n\r\nü ist ein Umlaut'), '--b--', '')
    expect(Buffer.from((await recode(parts(9000))).octets!).toString('latin1')).not.toMatch(/[^\x00-\x7f]/)
    await expect(recode(parts(12_000))).rejects.toMatchObject({
      code: 'content.structure',
      message: expect.stringContaining('10000 parts') as string,
    })
  })

  it('nesting is bounded, by multiparts and by messages', async () => {
    const deep = Array.from(
      { length: 1000 },
      (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`,
    )
    await expect(recode(`${deep.join('')}\r\nü`)).rejects.toMatchObject({ code: 'content.structure' })
    await expect(recode(`${'Content-Type: message/rfc822\r\n\r\n'.repeat(1000)}\r\nü`)).rejects.toMatchObject({
      code: 'content.structure',
    })
    const some = deep.slice(0, 50).join('')
    expect(Buffer.from((await recode(`${some}\r\nü ist ein Umlaut`)).octets!).toString()).toContain('=C3=BC ist')
  })

  it('a header section of a part is bounded, whether its lines end or not', async () => {
    for (const line of ['X: y\r\n', 'x']) {
      const message = multi('b', '--b', line.repeat(1_500_000 / line.length), '', 'ü')
      const refused = { code: 'content.structure', message: expect.stringContaining('header section') as string }
      await expect(recode(message)).rejects.toMatchObject(refused)
    }
  })

  // Quadratic work on megabytes takes longer than the time any test has; no clock is read here.
  it.each([
    ['boundary-like lines', multi('b', '--b', '', 'ü', repeated(100_000, '--bx'), '--b--', '')],
    ['an endless line of dashes', multi('b', '--b', '', 'ü', '-'.repeat(400_000), '--b--', '')],
    ['dashes at the start of lines', multi('b', '--b', '', 'ü', repeated(100_000, '--'), '--b--', '')],
    [
      'delimiters with white space without end',
      multi('b', '--b', '', 'ü', repeated(3000, `--b${' '.repeat(999)}`), '--b--', ''),
    ],
    ['empty lines', multi('b', '--b', '', 'ü', '\r\n'.repeat(300_000), '--b--', '')],
    ['one long line', multi('b', '--b', '', 'ü', 'x'.repeat(400_000), '--b--', '')],
    ['one long line in front of the parts', multi('b', `ü${'x'.repeat(400_000)}`, '--b', '', 'x', '--b--', '')],
    ['parentheses in a type', `Content-Type: ${'('.repeat(500_000)}\r\n\r\nü ist ein Umlaut\r\n`],
    [
      'parameters in a type',
      `Content-Type: multipart/x${'; a='.repeat(200_000)}; boundary=b\r\n\r\n--b\r\n\r\nü ist ein Umlaut\r\n--b--\r\n`,
    ],
    ['quotation marks in a type', `Content-Type: multipart/x; ${'"\\'.repeat(200_000)}\r\n\r\nASCII\r\n`],
    [
      'white space in a type',
      `Content-Type: multipart/x; ${' '.repeat(500_000)}boundary${' '.repeat(400_000)}\r\n\r\nASCII\r\n`,
    ],
  ])('%s: linear time, and nothing above 127 nor a line above 998 octets is left', async (_what, message) => {
    const recoded = await recode(message)
    const text = Buffer.from(recoded.octets!).toString('latin1')
    const body = text.slice(text.indexOf('\r\n\r\n'))
    expect(/[^\x00-\x7f]/.test(body)).toBe(false)
    expect(
      Math.max(
        ...body
          .split('\r\n')
          .slice(0, 50_000)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(998)
  })
})
