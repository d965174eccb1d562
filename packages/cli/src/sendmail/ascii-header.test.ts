import { readMessage } from 'posthorn'
import { describe, expect, it } from 'vitest'
import { asciiHeader } from './ascii-header.js'

const octets = (text: string) => Buffer.from(text).toString('latin1')

describe('a header section with octets above 127', () => {
  it.each([
    ['Subject: Grüße aus Köln\n', 'Grüße aus Köln'],
    ['Subject: ok: Grüße,\n Fräulein, 你好\n', 'ok: Grüße, Fräulein, 你好'],
    [`Subject: ${'📮Ü'.repeat(60)}\n`, '📮Ü'.repeat(60)],
  ])('reads the same, and is ASCII: %j', async (header, subject) => {
    const written = asciiHeader(octets(header))
    expect(written).toMatch(/^[\x00-\x7f]*$/)
    expect(Math.max(...written.split('\n').map((line) => line.length))).toBeLessThanOrEqual(85)
    expect((await readMessage(Buffer.from(`${written}\ntext`))).subject).toBe(subject)
  })

  it('keeps its addresses, and says the names beside them in ASCII', async () => {
    const header = octets(
      'From: "Müller, \\"Jo\\"" <jo@example.com>\nTo: Köln Büro <a@b.example>, "x, y" <c@d.example>\n',
    )
    const written = asciiHeader(header)
    expect(written).toMatch(/^[\x00-\x7f]*$/)
    const { from, to } = await readMessage(Buffer.from(`${written}\ntext`))
    expect(from).toMatchObject({ name: 'Müller, "Jo"', address: 'jo@example.com' })
    expect(to).toMatchObject([
      { name: 'Köln Büro', address: 'a@b.example' },
      { name: 'x, y', address: 'c@d.example' },
    ])
  })

  it('takes what is no UTF-8 for Latin-1', async () => {
    const written = asciiHeader('Subject: Gr\xfc\xdfe\n')
    expect((await readMessage(Buffer.from(`${written}\ntext`))).subject).toBe('Grüße')
  })

  it('leaves alone what is ASCII, an address, or has a grammar of its own', () => {
    for (const header of [
      'Subject: plain\nTo: a@b.example\n',
      octets('To: grüße@example.com\n'),
      octets('Message-ID: <ü@example.com>\nContent-Type: text/plain; name="ü.txt"\n'),
    ])
      expect(asciiHeader(header)).toBe(header)
  })
})
