import { readFileSync } from 'node:fs'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Mailer, readMessage } from '../../src/index.js'
import { ProfileFolder } from '../../src/profiles/index.js'
import { leadTo } from '../one-send.js'
import { Folder } from '../oauth2/folder.js'
import { dialog, fromDialog, NEEDED, refusedField, type Fields } from './beyondtrust-dialog.js'
import { fromProduct, sent, TO_BEN } from './product-send.js'

const sample = (name: string) =>
  readFileSync(new URL(`../../../settings/test/samples/beyondtrust/${name}`, import.meta.url), 'utf8')

/** What arrives of one message, sent in the clear by the profile of these fields. */
const sentBy = (fields: Fields, extensions?: readonly string[]) =>
  sent(fromDialog({ ChannelEncryption: 'NONE', ...fields }).profile, extensions === undefined ? {} : { extensions })

describe('the profiles of the dialog', () => {
  it('the example in rows, one line for each profile: the one in use, in the clear through its proxy or without, sends', async () => {
    const { profiles } = fromProduct('beyondtrust', sample('profiles.csv'))
    const [backup, main] = profiles
    expect([backup!.name, backup!.active, main!.name]).toEqual(['Backup', true, 'Main'])
    const tls = await certificates()
    // overridden: the server and its port are on the loopback, its authority is that of the tests, and the proxy of Backup is left out
    const first = await sent({ ...backup!.profile, proxy: { type: 'none' } })
    expect([first.targets, first.message?.reversePath]).toEqual([['relay.example.com:25'], 'pi@example.com'])
    expect(first.verbs).not.toContain('AUTH')
    const second = await sent(main!.profile, {
      ...{ tls: { ...tls.good }, implicitTls: true, auth: { user: 'pi', password: 'Geheim;"1"' } },
      terms: { smtp: { tls: { ca: tls.ca, servername: 'relay.example.test' } } },
    })
    expect([second.targets, second.session?.authenticated]).toEqual([['smtp.example.com:465'], 'pi'])
    expect(second.fields['From']).toBe('Privileged Identity <pi@example.com>')
  })

  it('switched, the next mail goes the other way; a name that is there is refused, whatever its case [beyondtrust.general.ProfileName]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    await using folder = await Folder.make()
    const text = JSON.stringify({
      active: 'Two',
      profiles: ['One', 'Two'].map((name) => ({
        ...NEEDED,
        ProfileName: name,
        SenderName: name,
        ChannelEncryption: 'NONE',
      })),
    })
    const kept = new ProfileFolder(folder.path)
    const { profiles } = fromProduct('beyondtrust', text)
    for (const { name, profile } of profiles) await kept.write(name, { profile, sites: {} })
    const { connector } = leadTo(sink)
    const next = async () => {
      await using mailer = await Mailer.load(undefined, { folder: folder.path, env: {}, smtp: { connector } })
      await mailer.send(TO_BEN)
      return /^From: (\w+)/m.exec(sink.ledger.at(-1)!.content!.toString())![1]
    }
    expect(await next()).toBe('Two')
    await kept.use('one')
    expect(await next()).toBe('One')
    const twice = JSON.stringify([NEEDED, { ...NEEDED, ProfileName: 'ALERTS' }])
    expect(() => fromProduct('beyondtrust', twice)).toThrow(expect.objectContaining({ field: 'ProfileName' }) as Error)
    // a profile of that name is not beside the other one, it takes its place
    await kept.write('ONE', { profile: fromDialog({ ProfileName: 'ONE' }).profile, sites: {} })
    expect((await kept.list()).map(({ name }) => name)).toEqual(['One', 'Two'])
  })

  it('one is in use; it is not deleted, and no longer in use once another is [beyondtrust.behaviour.one-active-profile]', async () => {
    await using folder = await Folder.make()
    const kept = new ProfileFolder(folder.path)
    for (const name of ['One', 'Two']) {
      const { profile } = fromDialog({ ProfileName: name })
      await kept.write(name, { profile, sites: {} })
    }
    const states = async () => (await kept.list()).map(({ name, active }) => [name, active])
    expect(await states()).toEqual([
      ['One', true],
      ['Two', false],
    ])
    await expect(kept.remove('One')).rejects.toMatchObject({ code: 'settings.active-profile' })
    await kept.use('Two')
    expect(await states()).toEqual([
      ['One', false],
      ['Two', true],
    ])
    await kept.remove('One')
    expect(await states()).toEqual([['Two', true]])
  })
})

describe('who sends', () => {
  it('is author and reverse-path [beyondtrust.general.SenderEmail] [beyondtrust.general.SenderName] [beyondtrust.server.ServerName]', async () => {
    const named = await sentBy({ SenderName: 'Vault, Ltd' })
    expect(named.targets).toEqual(['smtp.example.com:25'])
    expect(named.commands[1]).toMatch(/^MAIL FROM:<pi@example\.com>/)
    expect(named.fields['From']).toBe('"Vault, Ltd" <pi@example.com>')
    expect((await sentBy({})).fields['From']).toBe('pi@example.com')
  })

  it('has fields of the header that are there when they are filled in [beyondtrust.general.Organization] [beyondtrust.general.ReplyToEmail] [beyondtrust.general.ReadReceiptsEmail]', async () => {
    const filled = await sentBy({
      ...{ Organization: 'Müller & Söhne', ReplyToEmail: 'help@example.com', ReadReceiptsEmail: 'read@example.com' },
    })
    expect(filled.fields).toMatchObject({
      ...{ 'Reply-To': 'help@example.com', 'Disposition-Notification-To': 'read@example.com' },
      Organization: expect.stringMatching(/^=\?utf-8\?[BQ]\?\S+\?=/i) as unknown,
    })
    expect(await decoded(filled.fields['Organization']!)).toBe('Müller & Söhne')
    expect((await sentBy({ Organization: 'Example Ltd' })).fields['Organization']).toBe('Example Ltd')
    const empty = await sentBy({ Organization: '', ReplyToEmail: '', ReadReceiptsEmail: '' })
    for (const name of ['Organization', 'Reply-To', 'Disposition-Notification-To'])
      expect(empty.fields).not.toHaveProperty(name)
  })

  it('gets receipts by the header, and by the server where they can reach it [beyondtrust.general.ReturnReceiptToEmail]', async () => {
    const own = await sentBy({ ReturnReceiptToEmail: 'pi@example.com' }, ['DSN'])
    expect(own.fields['Return-Receipt-To']).toBe('pi@example.com')
    expect(own.commands[2]).toMatch(/^RCPT TO:<ben@example\.org> NOTIFY=SUCCESS,FAILURE /)
    const without = await sentBy({ ReturnReceiptToEmail: 'pi@example.com' }, [])
    const other = await sentBy({ ReturnReceiptToEmail: 'other@example.com' }, ['DSN'])
    for (const { fields, commands } of [without, other]) {
      expect(fields['Return-Receipt-To']).toMatch(/^(?:pi|other)@example\.com$/)
      expect(commands[2]).toMatch(/^RCPT TO:<ben@example\.org>/)
      expect(commands[2]).not.toContain('NOTIFY')
    }
  })

  it('must be said; what else is empty is only told of [beyondtrust.behaviour.missing-sender-fields]', () => {
    expect(refusedField({ SenderEmail: '' })).toBe('import.missing SenderEmail')
    const { about } = fromDialog()
    for (const field of ['SenderName', 'Organization', 'ReplyToEmail'])
      expect(about(field)).toMatchObject([{ verdict: 'defaulted', note: /some servers refuse/ }].map(matching))
  })
})

describe('how important it is', () => {
  it.each([
    ['Priority', ['Normal', 'Urgent', 'Non_Urgent'], ['normal', 'urgent', 'non-urgent']],
    ['Sensitivity', ['Personal', 'Private', 'Company_Confidential'], ['Personal', 'Private', 'Company-Confidential']],
    ['Importance', ['High', 'Normal', 'Low'], ['high', 'normal', 'low']],
  ] as const)(
    '%s [beyondtrust.general.Priority] [beyondtrust.general.Sensitivity] [beyondtrust.general.Importance]',
    async (field, names, values) => {
      for (const [index, name] of names.entries())
        expect((await sentBy({ [field]: name })).fields[field]).toBe(values[index])
      for (const none of ['Unspecified', '']) expect((await sentBy({ [field]: none })).fields).not.toHaveProperty(field)
    },
  )
})

describe('a header field of one’s own', () => {
  it('stands before the body; what would break out of it is refused [beyondtrust.general.AdvancedName] [beyondtrust.general.AdvancedValue]', async () => {
    const { fields, text } = await sentBy({ AdvancedName: 'X-Team', AdvancedValue: 'Security' })
    expect(fields['X-Team']).toBe('Security')
    expect(text.indexOf('X-Team:')).toBeLessThan(text.indexOf('\r\n\r\n'))
    const encoded = await sentBy({ AdvancedName: 'X-Team', AdvancedValue: 'Sicherheit für alle' })
    expect(encoded.fields['X-Team']).not.toMatch(/[^ -~]/)
    expect(await decoded(encoded.fields['X-Team']!)).toContain('für')
    expect(refusedField({ AdvancedName: 'Bad Name', AdvancedValue: 'x' })).toBe('import.format AdvancedName')
    for (const value of ['a\r\nBcc: x@example.com', 'a\nb', 'a\rb'])
      expect(refusedField({ AdvancedName: 'X-Team', AdvancedValue: value })).toBe('import.format AdvancedValue')
    expect((await sentBy({ AdvancedName: '', AdvancedValue: '' })).text).not.toContain('X-')
  })

  it('and the description is in no mail [part of beyondtrust.general.Description]', async () => {
    const { profile } = fromProduct(
      'beyondtrust',
      dialog({ Description: 'for the night shift', ChannelEncryption: 'NONE' }),
    )
    expect(profile.description).toBe('for the night shift')
    expect((await sent(profile)).text).not.toContain('night shift')
  })
})

/** What a reader shows of encoded words (RFC 2047). */
const decoded = async (value: string) => (await readMessage(Buffer.from(`Subject: ${value}\r\n\r\n`))).subject

const matching = ({ note, ...rest }: { note: RegExp; verdict: string }) => ({
  ...rest,
  note: expect.stringMatching(note) as unknown,
})
