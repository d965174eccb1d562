import { describe, expect, it } from 'vitest'
import { cut, fold, paintFor, printable, sizeText, type Output } from './output.js'

const terminal = (columns: number): Output => ({ isTTY: true, columns, write: () => {} })
const pipe: Output = { write: () => {} }

describe('paintFor', () => {
  it.each([
    ['a terminal', terminal(80), { TERM: 'xterm' }, true],
    ['a pipe', pipe, { TERM: 'xterm' }, false],
    ['a terminal with NO_COLOR', terminal(80), { TERM: 'xterm', NO_COLOR: '1' }, false],
    ['a terminal with an empty NO_COLOR', terminal(80), { TERM: 'xterm', NO_COLOR: '' }, true],
    ['a dumb terminal', terminal(80), { TERM: 'dumb' }, false],
    ['a pipe with FORCE_COLOR', pipe, { FORCE_COLOR: '1' }, true],
    ['a pipe with FORCE_COLOR and NO_COLOR', pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('on %s', (_what, out, env, coloured) => {
    expect(paintFor(out, env)('red', 'x') !== 'x').toBe(coloured)
  })
})

describe('fold', () => {
  it('keeps lines within the terminal and indents the further ones', () => {
    const text = fold('one two three four five six seven', terminal(21), 2)
    expect(text).toBe('one two three four\n  five six seven')
  })

  it('never loses or breaks a word', () => {
    expect(fold(`a ${'x'.repeat(50)} b`, terminal(20), 2).replace(/\n {2}/g, ' ')).toBe(`a ${'x'.repeat(50)} b`)
  })

  it('leaves the text in one line when it is not for a terminal', () => {
    expect(fold('word '.repeat(100), pipe, 2)).toBe('word '.repeat(100))
  })
})

describe('cut', () => {
  it('marks what is missing, within the width', () => {
    expect(cut('abcdef', 6)).toBe('abcdef')
    expect(cut('abcdefg', 6)).toBe('abc...')
  })
})

describe('printable', () => {
  it('lets nothing through that could steer a terminal', () => {
    expect(printable('a\x1b[2Jb\r\nc\u202ed\u0085e\u{e0001}')).toBe('a?[2Jb??c?d?e?')
    expect(printable('Grüße ✓')).toBe('Grüße ✓')
  })
})

describe('sizeText', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_940, '9.9 kB'],
    [9_960, '10 kB'],
    [999_499, '999 kB'],
    [999_600, '1.0 MB'],
    [34_210_800, '34 MB'],
    [2_500_000_000, '2.5 GB'],
  ])('%i octets are %s', (octets, text) => {
    expect(sizeText(octets)).toBe(text)
  })
})
