import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../test/any-character.js'
import { flowed } from './flowed-text.js'

interface Paragraph {
  readonly depth: number
  readonly text: string
}

/** A reader by RFC 3676 4.1 to 4.4, for DelSp=no. */
function read(wire: string): Paragraph[] {
  const paragraphs: Paragraph[] = []
  let open: { depth: number; text: string } | undefined
  for (const line of wire.split('\r\n')) {
    const depth = /^>*/.exec(line)?.[0].length ?? 0
    let text = line.slice(depth)
    if (text.startsWith(' ')) text = text.slice(1)
    const signature = text === '-- '
    const isFlowed = text.endsWith(' ') && !signature
    if (open && (open.depth !== depth || signature)) {
      paragraphs.push(open) // 4.5: such a paragraph is closed, wrong as it is
      open = undefined
    }
    open = open ? { depth, text: open.text + text } : { depth, text }
    if (!isFlowed) {
      paragraphs.push(open)
      open = undefined
    }
  }
  if (open) throw new Error('the last line is flowed')
  return paragraphs
}

/** What a draft line means: its marks, one space behind them, and no spaces at the end but in the signature line. */
function meant(text: string): Paragraph[] {
  return text.split(/\r\n|\r|\n/).map((line) => {
    const [, marks, rest] = /^(>*)(.*)$/su.exec(line) as unknown as [string, string, string]
    const content = marks === '' ? rest : rest.replace(/^ /, '')
    return { depth: marks.length, text: content === '-- ' ? content : content.replace(/ +$/, '') }
  })
}

describe('flowed text', () => {
  it.each([
    ['short', 'short'],
    ['a\n\nb\r\nc\rd', 'a\r\n\r\nb\r\nc\r\nd'],
    ['From the start', ' From the start'],
    [' indented', '  indented'],
    ['trailing   \nnext', 'trailing\r\nnext'],
    ['> quoted', '> quoted'],
    ['>>deep', '>>deep'],
    ['> ', '>'],
    ['-- \nAnna', '-- \r\nAnna'],
    ['> -- \n> Anna', '> -- \r\n> Anna'],
    ['--  ', '--'],
  ])('of %j is %j', (text, expected) => {
    expect(flowed(text)).toBe(expected)
  })

  it('breaks a paragraph behind its spaces, and a quoted one with its marks', () => {
    const words = Array.from({ length: 30 }, (_, index) => `word${index}`).join(' ')
    const lines = flowed(`${words}\n>> ${words}`).split('\r\n')
    expect(lines.length).toBeGreaterThan(5)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(72)
    expect(lines.slice(0, 2).every((line) => line.endsWith(' '))).toBe(true)
    expect(lines.filter((line) => line.startsWith('>> word')).length).toBeGreaterThan(2)
    expect(read(lines.join('\r\n'))).toEqual(meant(`${words}\n>> ${words}`))
  })

  it('leaves a long word whole, and breaks around it', () => {
    const url = `https://example.com/${'x'.repeat(200)}`
    const text = `See ${url} for more, and then a good deal of text that goes on behind it until it is too long`
    const lines = flowed(text).split('\r\n')
    expect(lines).toContain(`${url} `)
    expect(read(lines.join('\r\n'))).toEqual(meant(text))
  })

  it('never makes a signature line or a quotation out of a paragraph', () => {
    const long = 'x'.repeat(80)
    for (const text of [
      `-- ${long}`,
      `${long} -- ${long}`,
      `a ${long} > ${long}`,
      `${long} From ${long}`,
      `>-- ${long}`,
      `>${long} > ${long}`,
    ]) {
      const wire = flowed(text)
      expect(wire.split('\r\n')).not.toContain('-- ')
      expect(read(wire)).toEqual(meant(text))
    }
  })

  it('reads back as the text, whatever it is', () => {
    const piece = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(' ', '  ', '>', '> ', '-- ', 'From ', '\n', '\r\n', '\t', '--') },
      { weight: 4, arbitrary: fc.stringMatching(/^[a-z]{1,30}$/) },
      { weight: 1, arbitrary: anyCharacter.filter((character) => !/[\r\n]/.test(character)) },
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 80 }), (pieces) => {
        const text = pieces.join('')
        const wire = flowed(text)
        expect(read(wire)).toEqual(meant(text))
        for (const line of wire.split('\r\n')) {
          const marks = /^>*/.exec(line)?.[0].length ?? 0
          // a longer line has one word, or spaces, and nothing to break at
          if (line.length > 78 && marks < 60) expect(line.slice(marks).trim()).not.toMatch(/^\S{1,40} +\S{1,20} +\S/)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('takes linear time for a paragraph of a million words', () => {
    const text = 'word '.repeat(1_000_000).trim()
    expect(flowed(text).length).toBeGreaterThan(text.length)
  })

  it('takes more than 30 marks for text, so that it grows with the text and not with its square', () => {
    expect(flowed(`${'>'.repeat(30)} a`)).toBe(`${'>'.repeat(30)} a`)
    expect(flowed(`${'>'.repeat(31)} a`)).toBe(` ${'>'.repeat(31)} a`)
    const text = '>'.repeat(20_000) + ' a'.repeat(20_000)
    expect(flowed(text).length).toBeLessThan(2 * text.length)
    expect(flowed('>'.repeat(30) + ' a'.repeat(20_000)).length).toBeLessThan(4 * 40_000)
  })
})
