import { readFile } from 'node:fs/promises'
import type { Profile } from '@posthorn/settings'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { anna, bruno, DRAFT, failure, refusedBy, sent } from '../../test/profile-send.js'
import { Mailer } from '../mailer.js'

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
    const named = { mailParameters: ['RET=HDRS', 'ENVID=x7', 'BY=120;R'] } // of DSN and DELIVERBY
    const { commands } = await sent({ delivery: named }, DRAFT, { offers: { extensions: ['DSN'] } })
    expect(commands[0]).toBe('MAIL FROM:<a@example.test> RET=HDRS ENVID=x7')
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

  it.each(['bad@bücher.example', '"bad"@x.example', ' bad@x.example '])(
    'counts by the field it stands in, though it is written %j there',
    async (address) => {
      const delivery = { onRefused: { to: 'stop' } } satisfies Profile['delivery']
      const draft = { ...DRAFT, to: [{ address }, 'ok@x.example'] }
      const refused = { offers: refusedBy(/<"?bad"?@/) }
      expect(await failure({ delivery }, draft, refused)).toMatchObject({ code: 'smtp.rcpt.refused' })
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
