import { certificates } from '@posthorn/testkit'
import { describe, expect, test } from 'vitest'
import * as ipworks from '../../src/compat/ipworks/index.js'
import { component, failure, heardBy, sink } from './component.js'
import { commandsOf, received } from './received.js'
import { sample as sample2020 } from './sample-of-2020.js'
import { sample as sample2024 } from './sample-of-2024.js'

const { SMTP } = ipworks

describe('[ipworks.behaviour.recipient-errors] which refused recipients stop a send', () => {
  const lists = [
    ['To', 'sendTo', 'StopOnToErrors'],
    ['Cc', 'cc', 'StopOnCcErrors'],
    ['Bcc', 'bcc', 'StopOnBccErrors'],
  ] as const
  const rows = lists.flatMap((list) =>
    [true, false].flatMap((stops) =>
      ['450 4.2.1 not now', '550 5.1.1 nobody'].map((reply) => [...list, stops, reply] as const),
    ),
  )

  test.each(rows)('a refused %s (%s), %s=%s, %s', async (_, list, setting, stops, reply) => {
    const server = await sink({
      replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes('gone') ? reply : undefined),
    })
    const smtp = component(server)
    for (const [, other, otherSetting] of lists) {
      if (other !== list) smtp.config(`${otherSetting}=${!stops}`) // each rule by itself
    }
    smtp[list] = 'gone@example.test'
    smtp.config(`${setting}=${stops}`)
    const events: unknown[] = []
    smtp.on('Error', (event) => events.push(event))
    if (stops) {
      const error = await failure(smtp.send())
      expect(error).toMatchObject({ code: 161, recipient: 'gone@example.test' })
      expect(error.message).toContain(reply)
      expect(server.ledger).toEqual([])
      expect(commandsOf(server, 'RSET')).toHaveLength(1)
      expect([...commandsOf(server, 'DATA'), ...commandsOf(server, 'BDAT')]).toEqual([])
      expect(events).toEqual([])
    } else {
      await smtp.send()
      expect(server.ledger.map(({ recipients }) => recipients)).toEqual([['bruno@example.test']])
      expect(events).toEqual([
        { errorCode: 161, description: expect.stringContaining(`gone@example.test was refused: ${reply}`) as string },
      ])
    }
  })

  test.each(['450 4.2.1 not now', '550 5.1.1 nobody'])(
    'nobody is left, whatever the settings say: %s',
    async (reply) => {
      const server = await sink({ replyTo: (verb) => (verb === 'RCPT' ? reply : undefined) })
      const smtp = component(server)
      smtp.cc = 'carl@example.test'
      smtp.bcc = 'blind@example.test'
      for (const [, , setting] of lists) smtp.config(`${setting}=False`)
      expect(await failure(smtp.send())).toMatchObject({ code: 161 })
      expect(server.ledger).toEqual([])
    },
  )
})

test('[ipworks.behaviour.plain-and-tls] one send in the clear, one by STARTTLS, one by TLS from the first octet', async () => {
  const certificate = (await certificates()).selfSigned
  for (const [sslStartMode, options, secure] of [
    [3, {}, false],
    [2, { tls: certificate }, true],
    [1, { tls: certificate, implicitTls: true }, true],
  ] as const) {
    const server = await sink(options)
    const smtp = component(server)
    smtp.sslStartMode = sslStartMode
    const heard = heardBy(smtp)
    smtp.on('SSLServerAuthentication', (event) => {
      expect(event.accept).toBe(false)
      event.accept = true
    })
    await smtp.send()
    expect(server.ledger).toHaveLength(1)
    expect([server.sessions[0]!.tls, smtp.sslEnabled]).toEqual([secure, secure])
    const count = (name: string) => heard.filter((each) => each.name === name).length
    expect(count('SSLServerAuthentication')).toBe(secure ? 1 : 0)
    expect(count('SSLStatus') > 0).toBe(secure)
    expect(commandsOf(server, 'STARTTLS')).toHaveLength(sslStartMode === 2 ? 1 : 0)
  }
})

test('[ipworks.example.dsn-options] the options of the first recipient, in either spelling, stand in its RCPT alone', async () => {
  for (const options of ['NOTIFY=SUCCESS,FAILURE,DELAY', 'NOTIFY SUCCESS,FAILURE,DELAY']) {
    const server = await sink()
    const smtp = component(server)
    smtp.messageRecipients.clear()
    smtp.sendTo = 'a@example.test'
    smtp.cc = 'c@example.test'
    smtp.messageRecipients[0]!.options = options
    await smtp.send()
    expect(commandsOf(server, 'RCPT')).toEqual([
      'RCPT TO:<a@example.test> NOTIFY=SUCCESS,FAILURE,DELAY',
      'RCPT TO:<c@example.test>',
    ])
    expect(server.ledger).toHaveLength(1)
  }
})

test('[ipworks.behaviour.attached-file-references] there is no attachedFile, and no localFile', async () => {
  const smtp = new SMTP()
  for (const name of [
    'attachedFile',
    'localFile',
    'getAttachedFile',
    'setAttachedFile',
    'setLocalFile',
    'addAttachment',
  ])
    expect([name, name in smtp]).toEqual([name, false])
  const names: unknown[] = Object.keys(ipworks.PROPERTIES).concat(Object.keys(ipworks.CONFIG))
  expect(names.filter((name) => /attach|localfile/i.test(String(name)))).toEqual([])
  expect(() => smtp.config('AttachedFile=x')).toThrow(expect.objectContaining({ code: 10022 }))
})

describe('[ipworks.behaviour.api-shape] the shape of the class', () => {
  test.each([
    ['2020', sample2020],
    ['2024', sample2024],
  ] as const)('a program for the edition of %s runs as it is', async (edition, sample) => {
    const server = await sink()
    const { port } = server
    const told = await sample('127.0.0.1', port)
    expect(told.errors).toEqual([])
    expect(server.ledger).toHaveLength(1)
    const message = received(server)
    expect(message.valuesOf('Subject')).toEqual([`From the edition of ${edition}`])
    expect(message.body).toBe('Hello!\r\n')
    expect(server.ledger[0]!.recipients).toEqual(['bruno@example.test', 'carl@example.test'])
    expect(message.valuesOf('Importance')).toEqual(['high'])
    expect(told.lines.some((line) => /^MAIL FROM:<anna@example\.test>/.test(line))).toBe(true)
    expect(told.lastReply).toMatch(/^221 /)
    expect(told.refused).toEqual({ code: 163, isError: true, message: expect.stringContaining('163') as string })
  })

  test('an accessor, a getter and a setter for each property, and no method that is not documented', () => {
    const smtp = new ipworks.smtp() as unknown as Record<string, (() => unknown) | undefined>
    for (const [name, { accessor, writable }] of Object.entries(ipworks.PROPERTIES)) {
      expect([name, typeof smtp[`get${name}`], typeof smtp[`set${name}`]]).toEqual([
        ...[name, 'function', writable ? 'function' : 'undefined'],
      ])
      expect([accessor, accessor in smtp]).toEqual([accessor, true])
      expect(accessor[0]).toBe(accessor[0]!.toLowerCase())
    }
    for (const name of ['send', 'connect', 'disconnect', 'sendToTerminalOnly', 'processQueue', 'setMessageStream'])
      expect(smtp[name]).toBeTypeOf('function')
    expect(ipworks.smtp).toBe(SMTP)
  })

  test('a setter that refuses throws; with a callback it calls back, and so does a method', async () => {
    const smtp = new SMTP()
    expect(() => smtp.setMailPort(-1)).toThrow(expect.objectContaining({ code: 10022 }))
    const [error] = await new Promise<unknown[]>((resolve) => smtp.setMailPort(-1, (...said) => resolve(said)))
    expect(error).toMatchObject({ code: 10022 })
    expect(await new Promise((resolve) => smtp.getMailPort((...said) => resolve(said)))).toEqual([null, 25])
    const [failed, result] = await new Promise<unknown[]>((resolve) => void smtp.connect((...said) => resolve(said)))
    expect(failed).toBeInstanceOf(Error)
    expect([(failed as { readonly code: number }).code, result]).toEqual([163, undefined])
  })
})
