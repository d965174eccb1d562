import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { collect } from '../test/collect.js'
import { readMessage } from '../test/read-message.js'
import { compose } from './compose.js'
import type { Draft } from './draft.js'
import { sealedContent } from './message-content.js'

const base: Draft = { from: 'a@example.com', to: 'b@example.org', subject: 's' }

describe('the content of a message', () => {
  it('goes in 7 bits until somebody says that the path carries more, and back again', async () => {
    const { content } = await compose({ ...base, text: 'Grüße und mehr, in einer Zeile' })
    expect(content).toMatchObject({ encoding: '7bit', canonical: true, utf8Header: false })
    const wide = content.recode?.('8bit')
    expect(wide?.encoding).toBe('8bit')
    expect(wide?.recode?.('binary')).toBe(wide)
    const octets = (await collect(wide!)).toString()
    expect(octets).toContain('Content-Transfer-Encoding: 8bit\r\n\r\nGrüße und mehr')
    expect(Buffer.byteLength(octets)).toBe(wide?.sizeOctets)
    const narrow = wide?.recode?.('7bit')
    expect(await collect(narrow!)).toEqual(await collect(content))
    expect(readMessage(await collect(narrow!)).octets.toString()).toBe('Grüße und mehr, in einer Zeile\r\n')
  })

  it('is itself when there is nothing to change', async () => {
    const { content } = await compose({
      ...base,
      text: 'plain',
      attachments: [{ content: 'plain', filename: 'a.txt' }],
    })
    const single = (await compose({ ...base, text: 'plain' })).content
    for (const widest of ['7bit', '8bit'] as const) expect(single.recode?.(widest)).toBe(single)
    expect(content.recode?.('7bit')).toBe(content)
  })

  it('keeps its boundaries and its header when it is recoded', async () => {
    const { content } = await compose({ ...base, text: 'ä', html: '<p>ä' })
    const [narrow, wide] = [(await collect(content)).toString(), (await collect(content.recode!('8bit'))).toString()]
    const boundary = /boundary="([^"]+)"/.exec(narrow)?.[1] ?? 'none'
    expect(wide.split(boundary)).toHaveLength(narrow.split(boundary).length)
    expect(wide.slice(0, wide.indexOf('MIME-Version'))).toBe(narrow.slice(0, narrow.indexOf('MIME-Version')))
  })

  it('frees what composing put on disk, once for all that was made of it', async () => {
    const stream = Readable.from([Buffer.alloc(300_000, 97)])
    const { content } = await compose({ ...base, attachments: [{ content: stream, filename: 'a' }] })
    expect((await collect(content)).length).toBe(content.sizeOctets)
    expect(content.recode?.('binary')).toHaveProperty('release')
    content.release?.()
    content.release?.()
    await expect(collect(content)).rejects.toThrow()
    expect((await compose(base)).content).not.toHaveProperty('release')
  })
})

describe('content that is signed', () => {
  const part = { fields: 'Content-Type: text/plain\r\n', pieces: ['ä\r\n'], endsLine: true, encoding: '8bit' } as const

  it('is itself or refused', () => {
    const content = sealedContent('From: a@b\r\n', part, false)
    expect(content.recode?.('8bit')).toBe(content)
    expect(content.recode?.('binary')).toBe(content)
    expect(() => content.recode?.('7bit')).toThrow(
      expect.objectContaining({ name: 'SettingsError', code: 'content.signed', field: 'body' }),
    )
    const narrow = sealedContent('From: a@b\r\n', { ...part, pieces: ['a\r\n'], encoding: '7bit' }, false)
    for (const widest of ['7bit', '8bit', 'binary'] as const) expect(narrow.recode?.(widest)).toBe(narrow)
  })
})
