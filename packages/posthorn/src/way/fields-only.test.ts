import type { Draft } from '@posthorn/mime'
import { describe, expect, it } from 'vitest'
import { DRAFT, sent } from '../../test/profile-send.js'
import { Mailer } from '../mailer.js'

describe('headers.fieldsOnly', () => {
  const only = (fields: readonly { name: string; value: string }[]) => ({
    headers: { fieldsOnly: true, fields: [...fields] },
  })

  it('leaves exactly the fields of the profile on a plain text; the envelope is that of the draft [part of ipworks.behaviour.header-override] [part of ipworks.prop.OtherHeaders] [part of illiad.config.OtherHeaders]', async () => {
    const { text, message } = await sent(only([{ name: 'X-Only', value: '1' }]), { ...DRAFT, bcc: 'c@example.test' })
    expect(text).toBe('X-Only: 1\r\n\r\nHello\r\n')
    expect(message).toMatchObject({ reversePath: 'a@example.test', recipients: ['b@example.test', 'c@example.test'] })
  })

  it('may name any field but those of the body, each encoded as it needs', async () => {
    const fields = [
      { name: 'From', value: 'Grüße <x@example.test>' },
      { name: 'Message-ID', value: '<own@example.test>' },
    ]
    const { text, receipt } = await sent(only(fields))
    expect(text).toBe(
      'From: =?utf-8?B?R3LDvMOfZQ==?= <x@example.test>\r\nMessage-ID: <own@example.test>\r\n\r\nHello\r\n',
    )
    expect(receipt.messageId).toBe('<own@example.test>')
    for (const name of ['Content-Type', 'MIME-Version']) {
      const make = () => new Mailer({ relay: { host: 'h' }, ...only([{ name, value: 'x' }]) })
      expect(make).toThrow(expect.objectContaining({ code: 'settings.header-field' }))
    }
  })

  it.each<[string, Partial<Draft>, string[], RegExp]>([
    [
      'a text that is not ASCII',
      { text: 'Grüße\n' },
      ['8BITMIME'],
      /^X-Only: 1\r\nMIME-Version: 1\.0\r\nContent-Type: text\/plain; charset=utf-8\r\n/,
    ],
    [
      'the same for a server without 8BITMIME',
      { text: 'Grüße\n' },
      [],
      /^X-Only: 1\r\n[^]*base64\r\n\r\nR3LDvMOfZQ0K\r\n$/,
    ],
    ['HTML', { html: '<p>x</p>' }, [], /^X-Only: 1\r\nMIME-Version: 1\.0\r\nContent-Type: multipart\/alternative/],
    [
      'a file',
      { attachments: [{ path: new URL(import.meta.url) }] },
      [],
      /^X-Only: 1\r\nMIME-Version: 1\.0\r\nContent-Type: multipart\/mixed/,
    ],
    ['a large text', { text: 'x\n'.repeat(200_000) }, [], /^X-Only: 1\r\n\r\nx\r\n/],
  ])('keeps the fields without which %s cannot be read', async (_what, draft, extensions, expected) => {
    const { text, section } = await sent(
      only([{ name: 'X-Only', value: '1' }]),
      { ...DRAFT, ...draft },
      { offers: { extensions } },
    )
    expect(text).toMatch(expected)
    expect(section).not.toMatch(/^(?:From|To|Subject|Date|Message-ID):/m)
  })

  it('tells the size of what is sent', async () => {
    const { message, commands } = await sent(only([{ name: 'X-Only', value: '1' }]), {
      ...DRAFT,
      attachments: [{ path: new URL(import.meta.url) }],
    })
    expect(commands[0]).toContain(` SIZE=${message.octets}`)
  })

  it('does not go with DKIM', () => {
    const dkim = [{ domain: 'example.test', selector: 's', privateKey: 'x' }]
    const make = () => new Mailer({ relay: { host: 'h' }, ...only([]), dkim })
    expect(make).toThrow(expect.objectContaining({ code: 'settings.rule', field: 'headers.fieldsOnly' }))
  })
})
