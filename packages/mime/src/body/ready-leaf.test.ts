import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { readMessage, valueOf } from '../../test/read-message.js'
import { compose } from '../compose.js'
import type { ReadyPart } from '../draft.js'

const base = { from: 'a@example.com', to: 'b@example.org' }
const type = (value: string) => ({ name: 'Content-Type', value })
const encoded = (value: string) => ({ name: 'Content-Transfer-Encoding', value })
const bodyOf = (octets: Buffer) => octets.subarray(octets.indexOf('\r\n\r\n') + 4)

const PARTS =
  '--b\r\nContent-Type: text/plain\r\n\r\n.a\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nAP8=\r\n--b--\r\n'

describe('a body that is ready', () => {
  it('[part of ipworks.behaviour.mime-attachments] of several parts arrives octet for octet, with its fields', async () => {
    const body = { headers: [type('multipart/mixed;  boundary=b')], content: PARTS }
    const { content } = await compose({ ...base, body })
    const octets = await collect(content)
    expect(content).toMatchObject({ canonical: true, encoding: '7bit', sizeOctets: octets.length })
    expect(bodyOf(octets).toString()).toBe(PARTS)
    expect(octets.toString()).toContain('\r\nContent-Type: multipart/mixed;  boundary=b\r\n')
    expect(readMessage(octets).parts.map((part) => part.octets.toString('latin1'))).toEqual(['.a', '\0\xff'])
  })

  it('[part of ipworks.prop.Message] keeps a bare LF, a leading dot and 8-bit octets, and promises nothing of them', async () => {
    const octets = Buffer.from('.first\nsecond \xe9\r\n.', 'latin1')
    const { content } = await compose({ ...base, body: { headers: [], content: octets } })
    expect(bodyOf(await collect(content)).equals(octets)).toBe(true)
    expect(content).not.toHaveProperty('canonical')
    expect(content).not.toHaveProperty('encoding')
    const binary = await compose({ ...base, body: { headers: [encoded('BINARY')], content: octets } })
    expect(binary.content.encoding).toBe('binary')
    expect(binary.content).not.toHaveProperty('canonical')
    expect(bodyOf(await collect(binary.content)).equals(octets)).toBe(true)
  })

  it('[part of ipworks.method.SetMessageStream] of 50 MB comes out of a stream, which is read to its end and destroyed', async () => {
    const block = Buffer.alloc(1_000_000, `${'x'.repeat(78)}\r\n`)
    const content = Readable.from(
      (function* () {
        for (let index = 0; index < 50; index++) yield block
      })(),
    )
    const message = await compose({ ...base, body: { headers: [type('text/plain')], content } })
    expect(content.destroyed).toBe(true)
    let given = 0
    let largest = 0
    for await (const chunk of message.content.open()) {
      given += chunk.length
      largest = Math.max(largest, chunk.length)
    }
    expect(given).toBe(message.content.sizeOctets)
    expect(given).toBeGreaterThan(50_000_000)
    expect(largest).toBeLessThan(300_000)
    message.content.release?.()
  })

  it('that needs 8bit or binary goes as that, and is refused for less', async () => {
    const eight = await compose({ ...base, body: { headers: [encoded('8bit')], content: 'größe\r\n' } })
    expect(eight.content).toMatchObject({ canonical: true, encoding: '8bit' })
    expect(eight.content.recode?.('binary')).toBe(eight.content)
    const refused = expect.objectContaining({ code: 'draft.encoding', field: 'body' }) as Error
    expect(() => eight.content.recode?.('7bit')).toThrow(refused)
    const binary = await compose({ ...base, body: { headers: [encoded('binary')], content: 'x' } })
    expect(() => binary.content.recode?.('8bit')).toThrow(refused)
  })

  it.each<[ReadyPart['headers'], string]>([
    [[{ name: 'Subject', value: 'x' }], 'body.headers[0]'],
    [[type('a/b'), { name: 'CONTENT-TYPE', value: 'c/d' }], 'body.headers[1]'],
    [[type('a/b; x="ü"')], 'body.headers[0]'],
    [[type('a/b\u00a0')], 'body.headers[0]'],
    [[type('')], 'body.headers[0]'],
    [[type(`a/b; x=${'y'.repeat(1000)}`)], 'body.headers[0]'],
    [[{ name: 'Content-', value: 'x' }], 'body.headers[0]'],
    [[{ name: 'Content-X:y', value: 'x' }], 'body.headers[0]'],
  ])('with the fields %j is refused', async (headers, field) => {
    await expect(compose({ ...base, body: { headers, content: 'x' } })).rejects.toMatchObject({
      code: 'draft.part-header',
      field,
    })
  })

  it('with a control character in a field, or an encoding nobody knows, is refused', async () => {
    for (const value of ['a\r\nBcc: x@y', 'a\0', 'a\nb', 'a\u2028b']) {
      await expect(compose({ ...base, body: { headers: [type(value)], content: 'x' } })).rejects.toMatchObject({
        code: 'draft.control-character',
        field: 'body.headers[0].value',
      })
    }
    await expect(compose({ ...base, body: { headers: [encoded('uuencode')], content: 'x' } })).rejects.toMatchObject({
      code: 'draft.part-encoding',
    })
    for (const body of [null, {}, { headers: 'x' }, { headers: [null], content: 'x' }]) {
      await expect(compose({ ...base, body: body as unknown as ReadyPart })).rejects.toMatchObject({
        name: 'SettingsError',
      })
    }
  })

  it('stands in place of everything else', async () => {
    const body = { headers: [], content: 'x' }
    for (const draft of [{ text: 'a' }, { html: 'a' }, { attachments: [] }, { calendar: { content: '' } }]) {
      await expect(compose({ ...base, body, ...draft })).rejects.toMatchObject({
        code: 'draft.body',
        field: Object.keys(draft)[0],
      })
    }
  })
})

describe('an attachment that is ready', () => {
  it('stands among the others as it is', async () => {
    const part = {
      headers: [type('application/x-thing'), encoded('base64'), { name: 'Content-ID', value: '<a@b>' }],
      content: 'AP8=\r\n',
    }
    const { content } = await compose({ ...base, text: 'x', attachments: [{ part }, { content: 'y' }] })
    const { parts } = readMessage(await collect(content))
    expect(parts[1]?.octets).toEqual(Buffer.from([0, 255]))
    expect(valueOf(parts[1]?.fields ?? [], 'Content-ID')).toBe('<a@b>')
    expect(content).toMatchObject({ canonical: true, encoding: '7bit' })
  })

  it('makes the whole need what it needs', async () => {
    const part = { headers: [encoded('8bit')], content: 'größe' }
    const { content } = await compose({ ...base, text: 'ö', attachments: [{ part }] })
    expect(content.encoding).toBe('8bit')
    expect((await collect(content)).toString()).toMatch(
      /Content-Type: multipart\/mixed;\r\n boundary="[^"]+"\r\nContent-Transfer-Encoding: 8bit\r\n/,
    )
  })

  it('has its description in its own headers', async () => {
    const part = { headers: [], content: 'x' }
    await expect(compose({ ...base, attachments: [{ part, filename: 'x' }] })).rejects.toMatchObject({
      code: 'attachment.part',
      field: 'attachments[0].filename',
    })
  })

  it('is never mistaken for the boundary', async () => {
    let drawn = 0
    const randomOctets = (count: number) => new Uint8Array(count).fill(++drawn)
    const part = { headers: [type('text/plain')], content: `--=_1_${'02'.repeat(16)}\r\n` }
    const { content } = await compose({ ...base, text: 'x', attachments: [{ part }] }, { randomOctets })
    expect(readMessage(await collect(content)).parts).toHaveLength(2)
  })
})
