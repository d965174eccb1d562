import { describe, expect, it } from 'vitest'
import { textFromHtml } from './text-from-html.js'

describe('text from HTML', () => {
  it('has the words, the links and the texts of pictures, and no scripts', async () => {
    const html = `<html><head><title>T</title><style>p{}</style></head><body>
      <h1>Größe &amp; Gewicht</h1><p>See <a href="https://example.com/a">our page</a> or
      <a href="https://example.com">https://example.com</a>, <a href="javascript:alert(1)">not this</a>, <a href="#top">up</a>.</p>
      <img src="data:image/png;base64,AAAA" alt="Logo"><img src="cid:x" alt=""><script>evil()</script>
      <ul><li>one</li><li>two</li></ul></body></html>`
    const text = await textFromHtml(html, true)
    expect(text).toBe(
      'Größe & Gewicht\n\nSee our page <https://example.com/a> or https://example.com, not this,\nup.\n\nLogo\n * one\n * two',
    )
  })

  it('lays out a table with header cells in columns, and any other cell by cell', async () => {
    const data = '<table><tr><th>Item</th><th>Price</th></tr><tr><td>Tea</td><td>3</td></tr></table>'
    expect(await textFromHtml(data, true)).toBe('Item   Price\nTea    3')
    expect(await textFromHtml('<table><tr><td><p>Hello</p></td><td>World</td></tr></table>', true)).toMatch(
      /^Hello\s+World$/,
    )
  })

  it('gives paragraphs in one line each for flowed text', async () => {
    const words = 'word '.repeat(50).trim()
    expect(await textFromHtml(`<p>${words}</p><p>b</p>`, false)).toBe(`${words}\n\nb`)
  })

  it('is bounded in length, depth and columns', async () => {
    const long = await textFromHtml(`<p>${'x '.repeat(600_000)}</p>`, false)
    expect(long.length).toBeLessThan(600_000)
    expect(long.endsWith('x\n...')).toBe(true)
    const deep = await textFromHtml(`${'<div>'.repeat(5000)}lost${'</div>'.repeat(5000)}<p>kept</p>`, true)
    expect(deep).toContain('...')
    expect(deep).not.toContain('lost')
    const wide = '<table><tr><th colspan="1000000000">a</th></tr><tr><td rowspan="1e9">b</td></tr></table>'
    expect(await textFromHtml(wide, true)).toBe('a\nb')
  })

  it('lays out neither tables in tables nor huge ones, and leaves out what follows 10,000 elements', async () => {
    const cell = '<th>a</th><td>b</td>'
    const inner = `<table><tr><th>x</th><th><table><tr>${cell}</tr></table></th></tr></table>`
    expect(await textFromHtml(inner, true)).toBe('x   a\n    b')
    const wide = `<table><tr><th>a</th>${'<td>b</td>'.repeat(30)}</tr></table>`
    expect((await textFromHtml(wide, true)).split('\n')).toHaveLength(31)
    const many = await textFromHtml(`${'<i>x</i>'.repeat(20_000)}<p>lost`, true)
    expect(many.replace(/\s/g, '')).toMatch(/^x{9999,10000}\.\.\.$/)
  })

  it.each([
    ['cells that span', '<table><tr><th>a</th>', '<td colspan=100 rowspan=100>x</td>'],
    ['deep inline elements', '', '<b>x '],
    ['deep boxes', '', '<div>'],
    ['deep elements closed in comments only', '', '<b><!-- </b> -->'],
    ['deep quotations', '<blockquote>'.repeat(99), 'w<br>'],
    ['deep quotations of lines', `${'<blockquote>'.repeat(99)}<pre>`, 'w\n'],
    ['deep lists', '<ul><li>'.repeat(50), 'word '],
    ['lists in lists', '', '<ul><li>x'],
    ['scripts that do not end', '<script>', '</script'],
    ['attributes', '<p', ' a="b"'],
    ['open quotation marks', '<p', ' a="b'],
    ['tables in tables', '', '<table><tr><th>x<td>'],
  ])('takes no more than a few operations for each character of %s', async (_name, before, piece) => {
    await textFromHtml('<p>x', true) // loads the library
    const html = before + piece.repeat(1_000_000 / piece.length)
    const text = await textFromHtml(html, true)
    // it was tens of seconds, and up to hours
    expect(text.length).toBeLessThan(8_000_000)
  })
})
