import { describe, expect, it } from 'vitest'
import { compose } from '../compose.js'
import { readMessage } from './read-message.js'

const MESSAGE = [
  'From: =?utf-8?Q?J=C3=BCrgen?= <j@a.example>',
  'To: Team: b@b.example, "C, D" <c@c.example>;, e@e.example',
  'Cc: undisclosed-recipients:;',
  'Subject: =?utf-8?B?R3LDvMOfZQ==?=',
  'Date: Fri, 21 Nov 2025 13:02:11 +0100',
  'Message-ID: <1@a.example>',
  'In-Reply-To: <0@a.example>',
  'X-Tag: one',
  ' two',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain; charset=iso-8859-1',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Gr=FC=DFe',
  '--b',
  'Content-Type: application/pdf; name=a.pdf',
  'Content-Disposition: attachment; filename="a b.pdf"',
  'Content-ID: <a@a.example>',
  'Content-Transfer-Encoding: base64',
  '',
  'AAEC/w==',
  '--b',
  'Content-Type: message/rfc822',
  '',
  'Subject: inner',
  '',
  'inner text',
  '--b--',
  '',
].join('\r\n')

describe('readMessage', () => {
  it('gives Message-IDs one by one, as an answer to the message names them', async () => {
    const header = 'From: a@a.example\r\nMessage-ID: <3@a.example>\r\nIn-Reply-To: <2@a.example>\r\n'
    const read = await readMessage(`${header}References: <1@a.example>\r\n <2@a.example>\t<x.y@[192.0.2.1]>\r\n\r\n`)
    expect(read.inReplyTo).toEqual(['<2@a.example>'])
    expect(read.references).toEqual(['<1@a.example>', '<2@a.example>', '<x.y@[192.0.2.1]>'])
    const { inReplyTo, references } = read
    const answer = await compose({ from: 'b@b.example', to: 'a@a.example', inReplyTo, references })
    expect(answer.headers.find(({ name }) => name === 'References')?.value).toBe(references.join(' '))
    const odd = await readMessage(
      'In-Reply-To: Your message of "Fri, 21 Nov 2025" <1@a.example>\r\nReferences: 1@a.example 2@a.example (x)\r\n\r\n',
    )
    expect([odd.inReplyTo, odd.references]).toEqual([['<1@a.example>'], ['<1@a.example>', '<2@a.example>']])
    const none = await readMessage('Subject: x\r\n\r\n')
    expect([none.inReplyTo, none.references]).toEqual([[], []])
  })

  it('tells who, when, what, and what goes with it', async () => {
    const read = await readMessage(MESSAGE)
    expect(read).toMatchObject({
      from: { name: 'Jürgen', address: 'j@a.example' },
      to: [
        {
          group: 'Team',
          members: [
            { name: '', address: 'b@b.example' },
            { name: 'C, D', address: 'c@c.example' },
          ],
        },
        { name: '', address: 'e@e.example' },
      ],
      bcc: [],
      subject: 'Grüße',
      date: new Date('2025-11-21T12:02:11Z'),
      messageId: '<1@a.example>',
      inReplyTo: ['<0@a.example>'],
      references: [],
    })
    expect(read.text?.trim()).toBe('Grüße')
    expect(read.html).toBeUndefined()
    expect(read.attachments.map(({ content: _, ...rest }) => rest)).toEqual([
      {
        filename: 'a b.pdf',
        contentType: 'application/pdf',
        disposition: 'attachment',
        contentId: '<a@a.example>',
        sizeOctets: 4,
      },
      expect.objectContaining({ contentType: 'message/rfc822' }),
    ])
    expect(Buffer.from(read.attachments[0]!.content)).toEqual(Buffer.from([0, 1, 2, 255]))
    expect(Buffer.from(read.attachments[1]!.content).toString()).toContain('Subject: inner')
    expect(read.headers).toContainEqual({ name: 'X-Tag', value: 'one two' })
  })

  it('reads from whatever a message can come from, in chunks of any size', async () => {
    const octets = Buffer.from(MESSAGE)
    const chunk = Buffer.alloc(7) // the same memory for each chunk
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < octets.length; at += 7) yield chunk.subarray(0, octets.copy(chunk, 0, at))
    }
    for (const source of [octets, chunks, chunks(), { open: chunks }]) {
      expect((await readMessage(source)).subject).toBe('Grüße')
    }
  })

  it('refuses what is too large, and stops reading there', async () => {
    let given = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given++
        yield Buffer.alloc(1000, 'x')
      }
    }
    await expect(readMessage(endless, { maxOctets: 5000 })).rejects.toMatchObject({ code: 'read.too-large' })
    expect(given).toBe(6)
  })

  it('refuses headers without an end', async () => {
    const huge = `${'X-A: b\r\n'.repeat(400_000)}\r\n`
    await expect(readMessage(huge)).rejects.toMatchObject({ code: 'read.limit' })
  })

  it('reads nothing at all as an empty message', async () => {
    const read = await readMessage('')
    expect([read.from, read.subject, read.attachments, read.headers]).toEqual([undefined, undefined, [], []])
  })
})
