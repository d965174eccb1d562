import { describe, expect, it } from 'vitest'
import { shallowHtml } from './shallow-html.js'

describe('shallow HTML', () => {
  it.each([
    ['<p class="a">x<br/>y', '<p>x<br>y</p>'],
    ['<P>a<P>b', '<p>a</p><p>b</p>'],
    ['<ul><li>a<li>b</ul>c', '<ul><li>a</li><li>b</li></ul>c'],
    ['<table><tr><td>a<td>b<tr><td>c', '<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>'],
    ['<b><i>x</b>y</i>', '<b><i>x</i></b>y'],
    ["<a HREF='x\"y' onclick=evil() >z</a>", '<a href="x&quot;y">z</a>'],
    ['<img alt=a/b src = c><hr>', '<img alt="a/b" src="c"><hr>'],
    ['<a href="a>b">c</a>', '<a href="a>b">c</a>'],
    ['a < b <3 </3 <', 'a < b <3 &lt;/3 <'],
    ['<!DOCTYPE html><!-- <b> --><?x?>y', 'y'],
    ['<style>p > a {}</style><script>if (a<b) "</p>"</SCRIPT >z<title>t', 'z'],
    ['a<b', 'a'],
    ['a<b title="', 'a'],
    ['a<!-- b', 'a'],
  ])('of %j is %j', (html, shallow) => {
    expect(shallowHtml(html)).toBe(shallow)
  })

  it('has no element deeper than 110, and marks what was left out', () => {
    const shallow = shallowHtml(`${'<div>'.repeat(5000)}lost${'</div>'.repeat(5000)}<p>kept</p>`)
    expect(shallow).toBe(`${'<div>'.repeat(110)}...${'</div>'.repeat(110)}<p>kept</p>`)
    expect(shallowHtml('<ul><li>'.repeat(20)).match(/<ul>/g)).toHaveLength(8)
  })
})
