import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataUrl, isDataUrl } from './data-url.js'

const read = (url: string | URL) => {
  const { contentType, octets } = dataUrl(url, 'url')
  return [contentType, Buffer.from(octets).toString('latin1')]
}

describe('a data: URL', () => {
  it.each([
    ['data:,A%20brief%20note', 'text/plain; charset=us-ascii', 'A brief note'],
    ['data:text/plain;charset=iso-8859-7,%be%fg'.replace('%fg', '%fe'), 'text/plain;charset=iso-8859-7', '\xbe\xfe'],
    ['DATA:image/png;base64,iVBORw==', 'image/png', '\x89PNG'],
    ['data:image/png;base64,iVBO%52w%3D%3D', 'image/png', '\x89PNG'],
    ['data:;charset=utf-8,a,b', 'text/plain;charset=utf-8', 'a,b'],
    ['data:text/html,<b>x</b>#part', 'text/html', '<b>x</b>'],
    ['data:;base64,', 'text/plain; charset=us-ascii', ''],
    ['data:text/x%2By,%C3%A9', 'text/x+y', '\xc3\xa9'],
  ])('%s is read by RFC 2397', (url, type, octets) => {
    expect(isDataUrl(url)).toBe(true)
    expect(read(url)).toEqual([type, octets])
    expect(read(new URL(url))).toEqual([type, octets])
  })

  it.each(['data:text/plain', 'data:,%zz', 'data:,%', 'data:,%a', 'data:;base64,a', 'data:;base64,ab_-', 'data:%,x'])(
    '%s is refused',
    (url) => {
      expect(() => dataUrl(url, 'attachments[0].url')).toThrow(
        expect.objectContaining({ code: 'attachment.url', field: 'attachments[0].url' }) as Error,
      )
    },
  )

  it('is refused when it is too long to be held twice', () => {
    expect(() => dataUrl(`data:,${'x'.repeat(64 * 1024 * 1024)}`, 'url')).toThrow(/longer/)
  })

  it('gives back any octets, percent-encoded or in base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const buffer = Buffer.from(octets)
        const percent = Array.from(octets, (octet) => `%${octet.toString(16).padStart(2, '0')}`).join('')
        expect(dataUrl(`data:a/b,${percent}`, 'url').octets).toEqual(buffer)
        expect(dataUrl(`data:a/b;base64,${buffer.toString('base64')}`, 'url').octets).toEqual(buffer)
      }),
    )
  })
})
