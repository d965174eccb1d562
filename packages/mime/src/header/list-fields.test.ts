import { describe, expect, it } from 'vitest'
import { decodeWords } from '../../test/read-message.js'
import type { ListFields } from '../draft.js'
import { DEFAULT_STYLE, UTF8_STYLE } from './field-style.js'
import { listFields } from './list-fields.js'

const written = (list: ListFields) => listFields(list, DEFAULT_STYLE)
const refused = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', code, field })

describe('listFields', () => {
  it('writes the fields of RFC 2369, RFC 2919 and RFC 8058 in an order that does not change', () => {
    const fields = written({
      archive: 'https://example.com/archive',
      owner: 'owner@example.com',
      post: 'list@example.com',
      oneClick: true,
      unsubscribe: ['https://example.com/leave?id=1', 'leave@example.com'],
      subscribe: '<mailto:join@example.com?subject=join>',
      help: 'https://example.com/help',
      id: 'News of the Shop <news.example.com>',
    })
    expect(fields.replaceAll('\r\n ', ' ').split('\r\n')).toEqual([
      'List-Id: News of the Shop <news.example.com>',
      'List-Help: <https://example.com/help>',
      'List-Subscribe: <mailto:join@example.com?subject=join>',
      'List-Unsubscribe: <https://example.com/leave?id=1>, <mailto:leave@example.com>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'List-Post: <mailto:list@example.com>',
      'List-Owner: <mailto:owner@example.com>',
      'List-Archive: <https://example.com/archive>',
      '',
    ])
  })

  it('writes the id with a name in any script', () => {
    expect(written({ id: 'news.example.com' })).toBe('List-Id: <news.example.com>\r\n')
    expect(written({ id: '<news.example.com>' })).toBe('List-Id: <news.example.com>\r\n')
    expect(written({ id: '"Shop, the" <news.example.com>' })).toBe('List-Id: "Shop, the" <news.example.com>\r\n')
    const encoded = written({ id: 'Grüße <news.example.com>' })
    expect(encoded).toMatch(/^List-Id: =\?utf-8\?[BQ]\?[^ ]+\?= <news\.example\.com>\r\n$/)
    expect(decodeWords(encoded)).toBe('List-Id: Grüße <news.example.com>\r\n')
    expect(listFields({ id: 'Grüße <news.example.com>' }, UTF8_STYLE)).toBe('List-Id: Grüße <news.example.com>\r\n')
  })

  it('says that nobody may post', () => {
    expect(written({ post: 'NO' })).toBe('List-Post: NO\r\n')
  })

  it('percent-encodes what would end a URL, and what is not ASCII', () => {
    expect(written({ help: 'https://example.com/a,b?c=d,e' })).toBe(
      'List-Help: <https://example.com/a%2Cb?c=d%2Ce>\r\n',
    )
    expect(written({ help: 'https://bücher.example/ü' })).toBe('List-Help: <https://xn--bcher-kva.example/%C3%BC>\r\n')
    expect(written({ owner: '"a b,(c)"@example.com' })).toBe(
      'List-Owner: <mailto:%22a%20b%2C%28c%29%22@example.com>\r\n',
    )
    expect(written({ owner: 'Olga <olga+list=x@example.com>' })).toBe(
      'List-Owner: <mailto:olga+list=x@example.com>\r\n',
    )
    expect(written({ owner: 'jürgen@bücher.example' })).toBe(
      'List-Owner: <mailto:j%C3%BCrgen@xn--bcher-kva.example>\r\n',
    )
  })

  it('lets nothing stand in a URL that could be read as an encoded-word', () => {
    expect(written({ help: 'https://x.example/=?utf-8?Q?=0D=0ABcc=3A_x?=' })).toBe(
      'List-Help: <https://x.example/%3D?utf-8?Q?=0D=0ABcc=3A_x?=>\r\n',
    )
    expect(written({ help: 'https://x.example/?a==?utf-8?Q?=0A?=&b=?' })).toBe(
      'List-Help: <https://x.example/?a==%3Futf-8?Q?=0A?=&b=%3F>\r\n',
    )
    expect(written({ post: 'mailto:a=?utf-8?q?=0A?=@x.example' })).toBe(
      'List-Post: <mailto:a%3D?utf-8?q?=0A?=@x.example>\r\n',
    )
    const usual = 'https://x.example/leave?id=1&next=a?b'
    expect(written({ help: usual })).toBe(`List-Help: <${usual}>\r\n`)
  })

  it('refuses an id that could be read as an encoded-word, and a name nobody can show, however long', () => {
    for (const id of ['=?utf-8?Q?=0D=0AX=3Ay?=.example.com', 'x=?utf-8?Q?=0A?=x.example', 'News <=?a?Q?=0A?=.b>'])
      expect(() => written({ id })).toThrow(refused('draft.list', 'list.id'))
    for (const length of [1e4, 1e7]) {
      expect(() => written({ id: `"${'a'.repeat(length + 1)}" <l.example.com>` })).toThrow(
        refused('address.name', 'list.id'),
      )
      expect(() => written({ id: `${'"\\a'.repeat(length)}" <l.example.com>` })).toThrow(
        refused('address.name', 'list.id'),
      )
    }
    expect(written({ id: '"a\\"b, c" <l.example.com>' })).toBe('List-Id: "a\\"b, c" <l.example.com>\r\n')
  })

  it('folds between URLs only', () => {
    const urls = Array.from({ length: 4 }, (_, index) => `https://example.com/${index}/${'x'.repeat(60)}`)
    const lines = written({ help: urls }).slice(0, -2).split('\r\n')
    expect(lines).toHaveLength(5)
    expect(lines.slice(1)).toEqual(urls.map((url, index) => ` <${url}>${index < 3 ? ',' : ''}`))
  })

  it.each([
    ['https://example.com/a b', 'draft.list'],
    ['https://example.com/>', 'draft.list'],
    ['https://example.com/> (x), <https://evil.example/', 'draft.list'],
    ['https://example.com/"', 'draft.list'],
    ['https://', 'draft.list'],
    ['https://example.com/\u3000', 'draft.list'],
    ['https://example.com/\ufeff', 'draft.list'],
    ['https://example.com/\r\nX: y', 'draft.control-character'],
    [`https://example.com/${'x'.repeat(900)}`, 'draft.list'],
    ['javascript:alert(1)', 'draft.list'],
    ['data:text/html,x', 'draft.list'],
    ['Team: a@example.com;', 'draft.list'],
    ['example.com/leave', 'address.malformed'],
    ['', 'address.malformed'],
    [7, 'draft.not-text'],
    [null, 'draft.not-text'],
    [[], 'draft.list'],
  ])('refuses %j', (value, code) => {
    for (const field of ['help', 'subscribe', 'unsubscribe', 'owner', 'archive', 'post'] as const) {
      expect(() => written({ [field]: value })).toThrow(refused(code, `list.${field}`))
      if (typeof value === 'string')
        expect(() => written({ [field]: ['a@example.com', value] })).toThrow(refused(code, `list.${field}[1]`))
    }
  })

  it.each([
    '',
    'news',
    'a b.example.com',
    'news.example.com>',
    '<a.b',
    'n\u00fc.example',
    '.example',
    'a..b',
    `${'a.'.repeat(200)}b`,
    'x <a.b> y',
  ])('refuses %j as an id', (id) => {
    expect(() => written({ id })).toThrow(refused('draft.list', 'list.id'))
  })

  it('takes a URL that is not ASCII however often it is asked', () => {
    const archive = 'https://b\u00fccher.example/\u00fc'
    const first = written({ archive })
    for (let times = 0; times < 30_000; times++) if (written({ archive }) !== first) throw new Error(`not at ${times}`)
    expect(first).toContain('<https://xn--bcher-kva.example/%C3%BC>')
  })

  it('asks for an https: URL with one click', () => {
    expect(() => written({ oneClick: true })).toThrow(refused('draft.list', 'list.oneClick'))
    expect(() => written({ oneClick: true, unsubscribe: 'leave@example.com' })).toThrow(
      refused('draft.list', 'list.oneClick'),
    )
    expect(() => written({ oneClick: 'yes' as unknown as true })).toThrow(refused('draft.list', 'list.oneClick'))
    expect(written({ oneClick: false })).toBe('')
  })

  it('refuses what is not a list, and a field that is not known', () => {
    for (const list of [null, 'x', 7, []] as unknown as ListFields[])
      expect(() => written(list)).toThrow(refused('draft.list', 'list'))
    expect(() => written({ unsubcribe: 'https://example.com/' } as ListFields)).toThrow(
      expect.objectContaining({
        code: 'draft.unknown-field',
        field: 'list.unsubcribe',
        hint: 'Was list.unsubscribe meant?',
      }),
    )
  })
})
