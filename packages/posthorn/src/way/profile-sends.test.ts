import { readFile } from 'node:fs/promises'
import { rawMessage, type Draft } from '@posthorn/mime'
import type { Profile } from '@posthorn/settings'
import { SinkServer, type SinkOptions } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import type { Mail } from '../mail.js'
import { Mailer } from '../mailer.js'
import type { MailSendOptions } from '../mail-send-options.js'
import { verifyMessage } from '../smime.js'

const DRAFT = { from: 'a@example.test', to: 'b@example.test', subject: 'Hi', text: 'Hello\n' } satisfies Draft
const anna = new URL('../../../../examples/certificates/anna-with-key.pem', import.meta.url)
const bruno = new URL('../../../../examples/certificates/bruno.pem', import.meta.url)

/** What arrives of one message, as header fields by name and as commands. */
async function sent(
  profile: Omit<Profile, 'relay' | 'security'>,
  mail: Mail = DRAFT,
  { offers = {}, ...options }: MailSendOptions & { offers?: SinkOptions } = {},
) {
  await using sink = await SinkServer.start({ keepContent: true, ...offers })
  const relay = { host: '127.0.0.1', port: sink.port }
  await using mailer = new Mailer({ ...profile, relay, security: 'none' })
  const receipt = await mailer.send(mail, options)
  const [message] = sink.ledger
  const text = message!.content!.toString()
  const section = text.slice(0, text.indexOf('\r\n\r\n')).replaceAll('\r\n ', ' ')
  const fields = Object.fromEntries(section.split('\r\n').map((line) => line.split(/: ?(.*)/s) as [string, string]))
  const commands = sink.sessions[0]!.commands.filter((line) => /^(?:MAIL|RCPT)/.test(line))
  return { receipt, message: message!, text, section, fields, commands }
}

const refusedBy = (pattern: RegExp): SinkOptions => ({
  replyTo: (verb, argument) => (verb === 'RCPT' && pattern.test(argument) ? '550 5.1.1 no' : undefined),
})

async function failure(
  profile: Omit<Profile, 'relay' | 'security'>,
  mail?: Mail,
  options?: MailSendOptions & { offers?: SinkOptions },
) {
  return sent(profile, mail, options).then(
    () => {
      throw new Error('it was sent')
    },
    (error: unknown) => error as Record<string, unknown>,
  )
}

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

describe('what a profile says about the envelope', () => {
  it('the return path takes the place of the author; what the call says wins [part of javamail.mail.smtp.from]', async () => {
    const sender = { returnPath: 'bounces@example.test' }
    expect((await sent({ sender })).message.reversePath).toBe('bounces@example.test')
    const own = await sent({ sender }, DRAFT, { envelope: { reversePath: '' } })
    expect(own.message.reversePath).toBe('')
  })

  it('notifications are asked for where the server offers them [part of javamail.mail.smtp.dsn.notify] [part of javamail.mail.smtp.dsn.ret]', async () => {
    const delivery = { dsn: { notify: ['failure', 'delay'], ret: 'full' } } satisfies Profile['delivery']
    const { commands } = await sent({ delivery })
    expect(commands[0]).toContain(' RET=FULL')
    expect(commands[1]).toContain(' NOTIFY=FAILURE,DELAY')
    const without = await sent({ delivery }, DRAFT, { offers: { extensions: [] } })
    expect(without.commands.join()).not.toMatch(/RET=|NOTIFY=/)
    const own = await sent({ delivery }, DRAFT, { envelope: { notify: ['never'], ret: 'headers' } })
    expect(own.commands.join()).toMatch(/RET=HDRS.*NOTIFY=NEVER/)
  })

  it('a success is asked for when the delivery receipt goes where notifications go [part of beyondtrust.general.ReturnReceiptToEmail]', async () => {
    const sender = { deliveryReceiptTo: 'a@example.test' }
    const { commands, fields } = await sent({ sender })
    expect(fields['Return-Receipt-To']).toBe('a@example.test')
    expect(commands[1]).toContain(' NOTIFY=SUCCESS,FAILURE')
    expect((await sent({ sender }, DRAFT, { offers: { extensions: [] } })).commands.join()).not.toContain('NOTIFY')
    const elsewhere = await sent({ sender: { deliveryReceiptTo: 'other@example.test' } })
    expect(elsewhere.fields['Return-Receipt-To']).toBe('other@example.test')
    expect(elsewhere.commands.join()).not.toContain('NOTIFY')
    const more = await sent({ sender, delivery: { dsn: { notify: ['delay'] } } })
    expect(more.commands[1]).toContain(' NOTIFY=DELAY,SUCCESS')
    const never = await sent({ sender, delivery: { dsn: { notify: ['never'] } } })
    expect(never.commands[1]).toContain(' NOTIFY=NEVER')
  })

  it('the submitter and further parameters go where their keyword is offered [part of javamail.mail.smtp.submitter] [part of javamail.mail.smtp.mailextension]', async () => {
    const delivery = { submitter: 'boss@example.test', mailParameters: ['XVERP', 'KEY=value'] }
    await using sink = await SinkServer.start({ extensions: ['AUTH PLAIN', 'XVERP'] })
    await using mailer = new Mailer({ relay: { host: '127.0.0.1', port: sink.port }, security: 'none', delivery })
    await mailer.send(DRAFT).catch(() => {}) // this server offers what it does not know
    expect(sink.sessions[0]!.commands[1]).toMatch(/^MAIL FROM:<a@example\.test> AUTH=boss@example\.test XVERP$/)
    expect((await sent({ delivery })).commands[0]).not.toMatch(/AUTH|XVERP|KEY/)
  })

  it('SMTPUTF8 lets header fields go as they are where it is required, and needs a server that takes them [part of javamail.mail.mime.allowutf8]', async () => {
    const draft = { ...DRAFT, subject: 'Grüße' }
    const { fields, commands } = await sent({ delivery: { smtpUtf8: 'required' } }, draft)
    expect(fields['Subject']).toBe('Grüße')
    expect(commands[0]).toContain(' SMTPUTF8')
    const withoutIt = { offers: { extensions: ['8BITMIME'] } }
    const missing = await failure({ delivery: { smtpUtf8: 'required' } }, draft, withoutIt)
    expect(missing).toMatchObject({ code: 'extension.missing' })
  })

  it.each(['auto', 'when-offered'] as const)(
    'SMTPUTF8 %s: fields stay encoded, and what needs it goes nowhere without [part of javamail.mail.mime.allowutf8]',
    async (smtpUtf8) => {
      const draft = { ...DRAFT, subject: 'Grüße' }
      const delivery = { smtpUtf8 }
      const { fields, commands } = await sent({ delivery }, draft)
      expect(fields['Subject']).toMatch(/^=\?utf-8\?/)
      expect(commands[0]!.includes(' SMTPUTF8')).toBe(smtpUtf8 === 'when-offered')
      const withoutIt = { offers: { extensions: ['8BITMIME'] } }
      expect((await sent({ delivery }, draft, withoutIt)).commands[0]).not.toContain('SMTPUTF8')
      const needing = { ...DRAFT, to: 'jürgen@example.test' }
      expect((await sent({ delivery }, needing)).commands[0]).toContain(' SMTPUTF8')
      expect(await failure({ delivery }, needing, withoutIt)).toMatchObject({ code: 'extension.missing' })
      const content = 'Subject: Grüße\r\n\r\nx\r\n'
      const ready = { envelope: { reversePath: '', recipients: ['b@example.test'] }, content }
      expect(await failure({ delivery }, ready, withoutIt)).toMatchObject({ code: 'extension.missing' })
    },
  )

  it('REQUIRETLS is refused where it cannot be kept', async () => {
    expect(await failure({ delivery: { requireTls: true } })).toMatchObject({ code: 'extension.missing' })
  })
})

describe('a recipient that is refused', () => {
  const all = {
    from: 'a@example.test',
    to: ['to@example.test'],
    cc: 'cc@example.test',
    bcc: ['bcc@example.test'],
    text: 'x',
  }
  const kinds = ['to', 'cc', 'bcc'] as const

  it.each(kinds.flatMap((kind) => kinds.map((stopping) => [kind, stopping] as const)))(
    'in %s, where one in %s stops all [part of runmyjobs.registry.SendPartial] [part of javamail.mail.smtp.sendpartial]',
    async (refused, stopping) => {
      const profile = { delivery: { onRefused: { [stopping]: 'stop' as const } } }
      const offers = { ...refusedBy(new RegExp(`<${refused}@`)), keepContent: true }
      if (refused === stopping) {
        expect(await failure(profile, all, { offers })).toMatchObject({ code: 'smtp.rcpt.refused' })
      } else {
        const { receipt } = await sent(profile, all, { offers })
        expect(receipt.deliveries.map(({ outcome }) => outcome)).toEqual(
          kinds.map((kind) => (kind === refused ? 'refused' : 'delivered')),
        )
      }
    },
  )

  it('what the call says wins', async () => {
    const stop = { delivery: { onRefused: { to: 'stop', cc: 'stop', bcc: 'stop' } } } satisfies Omit<Profile, 'relay'>
    const { receipt } = await sent(stop, all, { offers: refusedBy(/<cc@/), recipients: 'any' })
    expect(receipt.deliveries.map(({ outcome }) => outcome)).toEqual(['delivered', 'refused', 'delivered'])
    expect(await failure({}, all, { offers: refusedBy(/<cc@/), recipients: 'all' })).toMatchObject({
      code: 'smtp.rcpt.refused',
    })
  })

  it('one who stands in several fields counts by the first, whatever the case of the domain', async () => {
    const draft = { ...all, to: 'x@example.test', cc: ['X <x@EXAMPLE.test>', 'y@example.test'], bcc: [] }
    const offers = refusedBy(/<x@/)
    expect(
      (await sent({ delivery: { onRefused: { cc: 'stop' } } }, draft, { offers })).receipt.deliveries,
    ).toHaveLength(2)
    expect(await failure({ delivery: { onRefused: { to: 'stop' } } }, draft, { offers })).toMatchObject({
      code: 'smtp.rcpt.refused',
    })
  })

  it('those of a ready message count as those in To', async () => {
    const ready = {
      envelope: { reversePath: '', recipients: ['x@example.test', 'y@example.test'] },
      content: 'A: b\r\n\r\nx\r\n',
    }
    expect(
      await failure({ delivery: { onRefused: { to: 'stop' } } }, ready, { offers: refusedBy(/<y@/) }),
    ).toMatchObject({
      code: 'smtp.rcpt.refused',
    })
    const { receipt } = await sent({ delivery: { onRefused: { bcc: 'stop' } } }, ready, { offers: refusedBy(/<y@/) })
    expect(receipt.deliveries.map(({ outcome }) => outcome)).toEqual(['delivered', 'refused'])
  })

  it('groups count, and no blind copies are made of an encrypted message that is all or nothing', async () => {
    const draft = { ...all, to: { group: 'Team', members: ['to@example.test'] }, cc: [], bcc: [] }
    expect(
      await failure(
        { delivery: { onRefused: { to: 'stop' } } },
        { ...draft, cc: 'z@example.test' },
        { offers: refusedBy(/<to@/) },
      ),
    ).toMatchObject({ code: 'smtp.rcpt.refused' })
    const encrypt = { certificates: [await readFile(anna, 'utf8'), await readFile(bruno, 'utf8')] }
    const secret = { ...DRAFT, to: 'anna@example.test', bcc: 'bruno@example.test' }
    const stop = { delivery: { onRefused: { bcc: 'stop' } }, smime: { encrypt } } satisfies Omit<Profile, 'relay'>
    expect(await failure(stop, secret)).toMatchObject({ code: 'draft.blind-copies' })
  })
})

describe('limits of a profile', () => {
  const limits = { recipients: 2, messageOctets: 2000 }
  const large = 'x'.repeat(3000)
  async function* stream(text: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  const ready = (content: string | Uint8Array | (() => AsyncGenerator<Uint8Array>) | AsyncGenerator<Uint8Array>) => ({
    envelope: { reversePath: '', recipients: ['b@example.test'] },
    content,
  })
  const text = (body: string) => `Subject: x\r\n\r\n${body}\r\n`

  it('more recipients are refused before anything is sent', async () => {
    const to = ['b@example.test', 'c@example.test', 'd@example.test']
    expect(await failure({ limits }, { ...DRAFT, to })).toMatchObject({ code: 'limits.recipients' })
    expect((await sent({ limits }, { ...DRAFT, to: to.slice(1) })).message.recipients).toHaveLength(2)
  })

  it.each<[string, Mail]>([
    ['a draft', { ...DRAFT, text: large }],
    ['an attachment of unknown size', { ...DRAFT, attachments: [{ content: () => stream(large), filename: 'x' }] }],
    ['a text', ready(text(large))],
    ['octets', ready(Buffer.from(text(large)))],
    ['a function', ready(() => stream(text(large)))],
  ])('a larger message is refused before anything is sent: %s', async (_what, mail) => {
    expect(await failure({ limits }, mail)).toMatchObject({ code: 'limits.message-octets', field: 'content' })
  })

  it('a stream is counted while it is kept for sending; what is within the limit goes out', async () => {
    expect(await failure({ limits }, ready(stream(text(large))))).toMatchObject({ code: 'limits.message-octets' })
    expect((await sent({ limits }, ready(stream(text('y'))))).text).toBe(text('y'))
    expect(
      (
        await sent(
          { limits },
          ready(() => stream(text('z'))),
        )
      ).text,
    ).toBe(text('z'))
  })

  it('counting ends at the deadline', async () => {
    async function* stalled(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x')
      await new Promise(() => {})
    }
    expect(await failure({ limits }, ready(stalled as never), { deadlineMs: 20 })).toMatchObject({
      code: 'deadline.exceeded',
    })
  })
})

describe('what a profile does to drafts', () => {
  it('signs and encrypts with the certificates it names', async () => {
    const certificate = { source: await readFile(anna, 'utf8') }
    const signed = await sent(
      { smime: { sign: { certificate, form: 'opaque' } } },
      { ...DRAFT, from: 'anna@example.test' },
    )
    const open = () => stream(signed.message.content!)
    expect((await verifyMessage({ open })).layers).toMatchObject([{ kind: 'signed', form: 'opaque' }])
    const cipher = 'aes-256-gcm' as const
    const encrypt = { certificates: [certificate.source], forAll: true, cipher }
    const { fields } = await sent({ smime: { encrypt } })
    expect(fields['Content-Type']).toContain('smime-type=authEnveloped-data')
    const off = await sent({
      smime: { sign: { enabled: false, certificate }, encrypt: { ...encrypt, enabled: false } },
    })
    expect(off.fields['Content-Type']).toContain('text/plain')
  })

  it('never sends unsigned what was to be signed, nor for all what names one', async () => {
    const alone = await readFile(bruno, 'utf8')
    expect(await failure({ smime: { sign: { certificate: { source: alone } } } })).toMatchObject({
      ...{ code: 'settings.rule', field: 'smime.sign.certificate.source' },
    })
    expect(await failure({ smime: { encrypt: { certificates: [alone, alone], forAll: true } } })).toMatchObject({
      ...{ code: 'settings.rule', field: 'smime.encrypt.forAll' },
    })
    expect(await failure({ smime: { encrypt: { certificates: [alone] } } })).toMatchObject({
      code: expect.stringMatching(/^smime\./) as string,
    })
  })

  it('signs by DKIM with the key it names', async () => {
    const { generateKeyPairSync } = await import('node:crypto')
    const { privateKey } = generateKeyPairSync('ed25519')
    const env = { KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
    await using sink = await SinkServer.start({ keepContent: true })
    const dkim = [{ domain: 'example.test', selector: 's1', privateKey: 'env:KEY', expiresAfterSeconds: 60 }]
    const relay = { host: '127.0.0.1', port: sink.port }
    await using mailer = new Mailer({ relay, security: 'none', dkim }, { env })
    await mailer.send(DRAFT)
    expect(sink.ledger[0]!.content!.toString()).toMatch(/^DKIM-Signature: [^]*d=example\.test;\s+s=s1/)
  })

  async function* stream(octets: Uint8Array): AsyncGenerator<Uint8Array> {
    yield octets
  }
})
