import { certificates } from '@posthorn/testkit'
import { expect, test } from 'vitest'
import { MessageRecipient, SMTP, SSLStartMode } from '../../src/compat/ipworks/index.js'
import { component, failure, sink } from './component.js'

const { selfSigned } = await certificates()
const refused = expect.objectContaining({ code: 10022 }) as Error

test.each(['X-A: 1\0', 'Host: x', 'X\u00e4: 1', 'X A: 1', 'X-A: \u20ac', 'no field', 'Proxy-Authorization: Basic x'])(
  'FirewallData %j is 10022: no proxy has failed',
  async (data) => {
    const server = await sink()
    const smtp = component(server)
    Object.assign(smtp.firewall, { firewallType: 1, host: '127.0.0.1', port: server.port })
    smtp.config(`FirewallData=${data}`)
    const error = await failure(smtp.connect())
    expect(error).toMatchObject({ code: 10022, message: expect.stringContaining('FirewallData') as string })
    expect(server.sessions).toEqual([])
  },
)

test.each([
  [
    'a recipient',
    (smtp: SMTP): void => void (smtp.cc = 'j\u00f6rg@example.test'),
    /MessageRecipients\[1\]: needs SMTPUTF8/,
  ],
  [
    'the sender',
    (smtp: SMTP): void => void (smtp.from = 'j\u00f6rg@example.test'),
    /From or ReturnPath: needs SMTPUTF8/,
  ],
] as const)('%s that needs SMTPUTF8 is named', async (_, set, said) => {
  for (const extensions of [[], ['8BITMIME']] as const) {
    const server = await sink({ extensions })
    const smtp = component(server)
    set(smtp)
    const error = await failure(smtp.send())
    expect(error).toMatchObject({ code: 211, message: expect.stringMatching(said) as string })
    expect(error.message).toContain('ASCII')
    expect(server.ledger).toEqual([])
  }
})

test('messageRecipients has no empty places, and what was refused changes nothing', async () => {
  const server = await sink()
  const smtp = component(server)
  const list: unknown[] = smtp.messageRecipients
  expect(() => (list[5] = 'a@example.test')).toThrow(refused)
  expect(() => (list.length = 3)).toThrow(refused)
  smtp.cc = 'carla@example.test'
  expect(() => Reflect.deleteProperty(list, '0')).toThrow(refused)
  expect(() => (smtp.messageRecipients = SPARSE as typeof smtp.messageRecipients)).toThrow(refused)
  await smtp.send()
  expect(server.ledger[0]!.recipients).toHaveLength(2)
})

const SPARSE = Array.from({ length: 3 }).fill(new MessageRecipient('a@example.test'), 1)

test('the constants are constant', () => {
  const wide = SMTP as unknown as Record<string, number>
  expect(() => (wide['sslExplicit'] = 9)).toThrow(TypeError)
  expect(SMTP.sslExplicit).toBe(2)
  const recipient = MessageRecipient as unknown as Record<string, number>
  expect(() => (recipient['rtBcc'] = 0)).toThrow(TypeError)
  expect(MessageRecipient.rtBcc).toBe(2)
  const table = SSLStartMode as Record<string, number>
  expect(() => (table['sslExplicit'] = 9)).toThrow(TypeError)
  expect(SSLStartMode.sslExplicit).toBe(2)
})

test('what is no component has no values, and takes none', () => {
  const walked = SMTP.prototype as unknown as Record<string, unknown>
  for (const name of ['mailServer', 'MailServer', 'messageRecipients', 'connected', 'sslServerCert'])
    expect(walked[name]).toBe(undefined)
  expect(() => (walked['mailServer'] = 'x')).toThrow(refused)
  const smtp = new SMTP() as unknown as Record<string, (...given: unknown[]) => unknown>
  const taken: [string, ...unknown[]][] = [
    ['setSubject', 'x'],
    ['getSubject'],
    ['isConnected'],
    ['on', 'Error', () => {}],
  ]
  for (const [name, ...given] of taken) expect(() => Reflect.apply(smtp[name]!, undefined, given)).toThrow(refused)
})

test('the verdict of SSLServerAuthentication counts in the spelling of the other editions', async () => {
  const server = await sink({ tls: selfSigned })
  const smtp = component(server)
  smtp.sslStartMode = SSLStartMode.sslExplicit
  smtp.on('SSLServerAuthentication', (event) => {
    const spelt = event as unknown as Record<string, unknown>
    expect([spelt['Accept'], spelt['CertSubject'], spelt['Status']]).toEqual([false, event.certSubject, event.status])
    spelt['Accept'] = true
  })
  await smtp.connect()
  expect(smtp.connected).toBe(true)
})
