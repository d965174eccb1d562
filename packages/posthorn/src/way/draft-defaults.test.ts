import { rawMessage } from '@posthorn/mime'
import type { Profile } from '@posthorn/settings'
import { describe, expect, it } from 'vitest'
import { DRAFT, failure, sent } from '../../test/profile-send.js'
import { Mailer } from '../mailer.js'

describe('what a profile says about drafts', () => {
  const sender = {
    from: 'app@example.test',
    name: 'Grüße & Co',
    replyTo: 'Help <help@example.test>',
    organization: 'Example',
    readReceiptTo: 'read@example.test',
    deliveryReceiptTo: 'done@example.test',
  }
  const headers = { priority: 'urgent', importance: 'high', sensitivity: 'private' } as const

  it('is put into those that do not say it [part of illiad.key.EMailFromAddress] [part of illiad.key.EMailFromName] [part of beyondtrust.general.SenderEmail] [part of beyondtrust.general.SenderName] [part of beyondtrust.general.ReplyToEmail] [part of beyondtrust.general.Organization] [part of beyondtrust.general.ReadReceiptsEmail] [part of beyondtrust.general.Priority] [part of beyondtrust.general.Importance] [part of beyondtrust.general.Sensitivity] [part of javamail.mail.from]', async () => {
    const { fields, message } = await sent({ sender, headers }, { to: 'b@example.test', text: 'x' })
    expect(fields).toMatchObject({
      From: '=?utf-8?B?R3LDvMOfZSAmIENv?= <app@example.test>',
      'Reply-To': 'Help <help@example.test>',
      Organization: 'Example',
      'Disposition-Notification-To': 'read@example.test',
      'Return-Receipt-To': 'done@example.test',
      ...{ Priority: 'urgent', Importance: 'high', Sensitivity: 'Private' },
    })
    expect(message.reversePath).toBe('app@example.test')
  })

  it('gives way to what a draft says', async () => {
    const own = { replyTo: 'me@example.test', organization: 'Mine', priority: 'normal', importance: 'low' } as const
    const { fields } = await sent({ sender, headers }, { ...DRAFT, ...own })
    expect(fields).toMatchObject({
      ...{ From: 'a@example.test', 'Reply-To': 'me@example.test', Organization: 'Mine' },
      ...{ Priority: 'normal', Importance: 'low', Sensitivity: 'Private' },
    })
  })

  it('a draft without an author is refused where the profile names none', async () => {
    const { from: _, ...draft } = DRAFT
    expect(await failure({}, draft)).toMatchObject({ code: 'draft.no-from', field: 'from' })
  })

  it('header fields of one’s own are added, encoded, unless the draft has them [part of beyondtrust.general.AdvancedName] [part of beyondtrust.general.AdvancedValue] [part of illiad.config.OtherHeaders]', async () => {
    const fields = [
      { name: 'X-Team', value: 'Grüße' },
      { name: 'X-Job', value: 'usual' },
      { name: 'Reply-To', value: 'help@example.test' },
      { name: 'X-Priority', value: '5' },
    ]
    const { fields: found, section } = await sent(
      { headers: { fields } },
      { ...DRAFT, priority: 'high', headers: [{ name: 'x-job', value: 'mine' }] },
    )
    expect(found).toMatchObject({ 'X-Team': '=?utf-8?B?R3LDvMOfZQ==?=', 'x-job': 'mine', 'X-Priority': '1' })
    expect(found).toMatchObject({ 'Reply-To': 'help@example.test' })
    expect(section).not.toContain('usual')
    expect(section.indexOf('Subject')).toBeLessThan(section.indexOf('X-Team'))
  })

  it.each(['To', 'Date', 'Message-ID', 'Content-Type', 'mime-version', 'Bcc'])(
    'a field %s is refused when the mailer is made',
    (name) => {
      const profile: Profile = {
        relay: { host: 'h' },
        headers: {
          fields: [
            { name: 'X-A', value: 'a' },
            { name, value: 'x' },
          ],
        },
      }
      expect(() => new Mailer(profile)).toThrow(
        expect.objectContaining({ code: 'settings.header-field', field: 'headers.fields[1].name' }),
      )
    },
  )

  it('the charset is that of the profile', async () => {
    const { text } = await sent({ headers: { charset: 'iso-8859-1' } }, { ...DRAFT, text: 'Grüße\n' })
    expect(text).toContain('charset=ISO-8859-1')
  })

  it('who stands in for nobody [part of illiad.key.EMailNoAccountAddress]', async () => {
    const sender = { defaultRecipient: 'office@example.test' }
    const { to: _, ...nobody } = DRAFT
    const alone = await sent({ sender }, nobody)
    expect([alone.fields['To'], alone.message.recipients]).toEqual(['office@example.test', ['office@example.test']])
    const withCopies = await sent({ sender }, { ...nobody, to: [], cc: 'c@example.test', bcc: 'd@example.test' })
    expect(withCopies.fields).toMatchObject({ To: 'office@example.test', Cc: 'c@example.test' })
    expect(withCopies.message.recipients).toEqual(['office@example.test', 'c@example.test', 'd@example.test'])
    expect((await sent({ sender })).message.recipients).toEqual(['b@example.test'])
    expect(await failure({}, nobody)).toMatchObject({ code: 'draft.no-recipients' })
  })

  it.each<[unknown]>([
    [{ name: 'Anna' }],
    [{ mailbox: 'anna@x.example' }],
    [5],
    [[{}]],
    [{}],
    [{ group: 'Team', member: ['a@x.example'] }],
    [{ group: 'Team', members: [{}] }],
    ['Team: ;;'],
  ])('nobody stands in for %j, which is refused', async (to) => {
    const profile = { sender: { defaultRecipient: 'office@example.test' } }
    const error = await failure(profile, { ...DRAFT, to: to as string })
    expect(['address.malformed', 'draft.unknown-field', 'draft.not-text']).toContain(error['code'])
  })

  it.each<[unknown]>([[null], [' '], [[]], ['undisclosed-recipients:;'], [{ group: 'Team', members: [] }]])(
    'somebody stands in for %j, which names nobody',
    async (to) => {
      const profile = { sender: { defaultRecipient: 'office@example.test' } }
      const { message } = await sent(profile, { ...DRAFT, to: to as string })
      expect(message.recipients).toEqual(['office@example.test'])
    },
  )

  it('a blind mailing goes to nobody else', async () => {
    const profile = { sender: { defaultRecipient: 'office@example.test' } }
    const draft = { ...DRAFT, to: 'undisclosed-recipients:;', bcc: 'b@example.test' }
    const { message, fields } = await sent(profile, draft)
    expect([message.recipients, fields['To']]).toEqual([['b@example.test'], 'undisclosed-recipients:;'])
  })

  it('a message that is ready stays as it is, but for the terms of its envelope', async () => {
    const text = 'From: x@example.test\r\nTo: y@example.test\r\nSubject: raw\r\n\r\nraw\r\n'
    const ready = await rawMessage(Buffer.from(text), { readRecipients: true })
    const profile = {
      sender: { ...sender, returnPath: 'bounces@example.test', defaultRecipient: 'office@example.test' },
      headers: { fields: [{ name: 'X-A', value: '1' }] },
      delivery: { dsn: { notify: ['failure' as const], ret: 'headers' as const } },
    }
    const { text: arrived, commands } = await sent(profile, ready)
    expect(arrived).toBe(text)
    expect(commands).toEqual([
      expect.stringMatching(/^MAIL FROM:<x@example\.test>.* RET=HDRS/),
      expect.stringMatching(/^RCPT TO:<y@example\.test> NOTIFY=FAILURE/),
    ])
  })
})
