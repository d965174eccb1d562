import type { PosthornError } from '@posthorn/ground'
import { ConnectError, InvariantError, ProtocolError, ReplyError, SettingsError, type Phase } from '@posthorn/ground'
import { SYSTEM_ERRORS } from '@posthorn/net'
import { RecipientsRefused, SmtpClient, type SmtpOptions } from '@posthorn/smtp'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { engineCode, failureOf } from './failure.js'
import { IPWorksError } from './ipworks-error.js'
import { ERRORS } from './table/errors.js'

const IDLE = { inTransaction: false }
const SENDING = { inTransaction: true }

/** An error as Node gives it. */
function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 192.0.2.1:25`), { code, errno: -1, syscall: 'connect' })
}

function connectError(code: string, phase: Phase, cause?: unknown): ConnectError {
  return new ConnectError(code, 'no connection', { phase, outcome: 'transient', cause, hint: 'Try another.' })
}

function protocolError(code: string, phase: Phase, cause?: unknown): ProtocolError {
  return new ProtocolError(code, 'it broke', { phase, outcome: 'transient', cause })
}

/** What the engine makes of it when its own road ends so. */
async function engineError(road: Partial<SmtpOptions>): Promise<unknown> {
  await using client = new SmtpClient({ host: 'relay.example.test', port: 25, security: 'none', ...road })
  try {
    return await client.session()
  } catch (error) {
    return error
  }
}

const NAMED = SYSTEM_ERRORS.flatMap(({ number, names }) => names.map((name) => ({ number, name })))

describe('an error of the system', () => {
  test.each(NAMED.filter(({ number }) => number < 11_000))('$name is $number', async ({ number, name }) => {
    const cause = systemError(name)
    const error = await engineError({ connector: () => Promise.reject(cause) })
    const failure = failureOf(error, IDLE)
    expect(failure.code).toBe(number)
    expect(failure.message).toMatch(new RegExp(`^\\[${number}\\] `))
    expect(failure.cause).toBe(error)
    expect((error as PosthornError).cause).toBe(cause)
  })

  test.each(NAMED.filter(({ number }) => number > 11_000))('$name of a lookup is $number', async ({ number, name }) => {
    const failure = failureOf(await engineError({ resolve: () => Promise.reject(systemError(name)) }), IDLE)
    expect(failure.code).toBe(number)
    expect(failure.message).toMatch(new RegExp(`^\\[${number}\\] `))
  })

  test('a name without an address of the family is 11004, a lookup that fails without a reason 11002', async () => {
    expect(failureOf(await engineError({ resolve: () => Promise.resolve([]) }), IDLE).code).toBe(11_004)
    const unclear = await engineError({ resolve: () => Promise.reject(new Error('?')) })
    expect(failureOf(unclear, IDLE).code).toBe(11_002)
  })

  test('of several addresses the one that tells most', () => {
    const several = new AggregateError([systemError('ENETUNREACH'), systemError('ECONNREFUSED')])
    expect(failureOf(connectError('connect.refused', 'connect', several), IDLE).code).toBe(10_061)
    expect(failureOf(connectError('connect.unreachable', 'connect', several), IDLE).code).toBe(10_051)
    expect(failureOf(connectError('connect.unreachable', 'connect'), IDLE).code).toBe(10_065)
  })

  test('alone, too; what only files have is 303, and anything else 162', () => {
    expect(failureOf(systemError('ECONNABORTED'), IDLE).code).toBe(10_053)
    const missing = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', syscall: 'open' })
    expect(failureOf(missing, IDLE)).toMatchObject({ code: 303, cause: missing })
    expect(failureOf('text', IDLE)).toMatchObject({ code: 162, cause: 'text' })
    expect(failureOf(undefined, IDLE).code).toBe(162)
  })

  test('is looked for in circles, and not for ever', () => {
    const circle = protocolError('smtp.connection.lost', 'data')
    circle.cause = new AggregateError([circle, circle])
    expect(failureOf(circle, SENDING).code).toBe(162)
  })
})

describe('a connection that ends', () => {
  test.each([
    [10_054, 'smtp.connection.lost', 'data', SENDING, systemError('ECONNRESET')],
    [10_058, 'smtp.connection.lost', 'noop', IDLE, systemError('EPIPE')],
    [162, 'smtp.connection.lost', 'data', SENDING, undefined],
    [162, 'smtp.connection.lost', 'final', SENDING, undefined],
    [162, 'smtp.closing', 'rcpt', SENDING, undefined],
    [1120, 'smtp.connection.lost', 'data', IDLE, undefined],
    [1120, 'smtp.connection.lost', 'mail', SENDING, undefined],
    [1120, 'smtp.connection.lost', 'greeting', SENDING, undefined],
    [1120, 'smtp.closing', 'noop', IDLE, undefined],
    [1120, 'connect.reset', 'connect', IDLE, undefined],
    [10_054, 'connect.reset', 'tls', IDLE, systemError('ECONNRESET')],
  ] as const)('%i: %s in phase %s', (number, code, phase, context, cause) => {
    const Class = code.startsWith('connect') ? connectError : protocolError
    expect(failureOf(Class(code, phase, cause), context).code).toBe(number)
  })

  test('says that it may have been delivered', () => {
    const hint = 'The content was sent and no reply came.'
    const error = new ProtocolError('smtp.connection.lost', 'gone', { phase: 'final', outcome: 'unknown', hint })
    expect(failureOf(error, SENDING).message).toBe(`162: Talk with the server broke: gone. ${hint}`)
    const interrupted = failureOf(error, { ended: 'interrupted', inTransaction: true })
    expect(interrupted.message).toBe(`Operation interrupted. ${hint}`)
  })
})

describe('time', () => {
  test.each([
    'smtp.timeout',
    'deadline.exceeded',
    'connect.timeout',
    'tls.timeout',
    'resolve.timeout',
    'proxy.timeout',
    'tls.verdict-timeout',
  ])('%s is 301', (code) => {
    const failure = failureOf(connectError(code, 'connect'), IDLE)
    expect(failure).toMatchObject({ code: 301, reason: 'timeout' })
    expect(failure.message).toMatch(/^Timeout: no connection\. /)
  })

  test('that the system has had enough of is 10060', () => {
    expect(failureOf(connectError('connect.timeout', 'connect', systemError('ETIMEDOUT')), IDLE).code).toBe(10_060)
    expect(failureOf(connectError('connect.timeout', 'connect', systemError('ECONNREFUSED')), IDLE).code).toBe(301)
  })

  test('that the class counts itself, and a caller who interrupts, come before what that leads to', () => {
    const consequence = protocolError('pool.closed', 'wait')
    const timeout = failureOf(consequence, { ended: 'timeout', inTransaction: true })
    expect(timeout).toMatchObject({
      code: 301,
      reason: 'timeout',
      message: expect.stringMatching(/^Timeout/) as string,
    })
    for (const error of [consequence, new IPWorksError(1120, '1120: gone'), new TypeError('x')]) {
      const interrupted = failureOf(error, { ended: 'interrupted', inTransaction: true })
      expect(interrupted).toMatchObject({
        code: 301,
        reason: 'interrupted',
        message: 'Operation interrupted',
        cause: error,
      })
    }
    const late = new IPWorksError(301, 'Timeout: late', { reason: 'timeout' })
    expect(failureOf(late, { ended: 'interrupted', inTransaction: true })).toMatchObject({ reason: 'interrupted' })
    expect(failureOf(late, { ended: 'timeout', inTransaction: true })).toBe(late)
    expect(failureOf(protocolError('aborted', 'data'), SENDING)).toMatchObject({ code: 301, reason: 'interrupted' })
  })
})

describe('a refusal', () => {
  const reply = { code: 550, enhanced: '5.1.1', lines: ['5.1.1 no such mailbox', 'ask the postmaster'] }

  test.each([
    ['ehlo', 'EHLO'],
    ['starttls', 'STARTTLS'],
    ['auth', 'AUTH'],
    ['mail', 'MAIL'],
    ['rcpt', 'RCPT'],
    ['data', 'DATA'],
    ['final', 'DATA'],
    ['rset', 'RSET'],
    ['greeting', undefined],
  ] as const)('in phase %s is 161 with the reply and the command', (phase, command) => {
    const error = new ReplyError(
      `smtp.${phase}.refused`,
      `${phase} refused: 550 5.1.1 no such mailbox ask the postmaster`,
      {
        phase,
        reply,
        outcome: 'permanent',
        hint: 'Do something.',
      },
    )
    const failure = failureOf(error, SENDING)
    expect(failure).toMatchObject({ code: 161, reply, command, cause: error })
    expect(failure.message).toBe(`161: ${phase} refused: 550 5.1.1 no such mailbox ask the postmaster. Do something.`)
  })

  test('of what opens the transaction in place of MAIL; its reply is said where the engine does not', () => {
    const facts = { reply, outcome: 'permanent' } as const
    const noop = new ReplyError('smtp.noop.refused', 'no', { ...facts, phase: 'noop' })
    expect(failureOf(noop, IDLE).message).toBe('161: no: 550 5.1.1 no such mailbox ask the postmaster')
    const soml = new ReplyError('smtp.mail.refused', 'no', { ...facts, phase: 'mail' })
    expect(failureOf(soml, { inTransaction: true, command: 'SOML' }).command).toBe('SOML')
  })

  test('of recipients names the one that decided', () => {
    const delivery = { outcome: 'refused', phase: 'rcpt', at: 0 } as const
    const first = { ...delivery, recipient: 'a@example.test', reply: { code: 450, lines: ['later'] } }
    const second = { ...delivery, recipient: 'b@example.test', reply }
    const failure = failureOf(new RecipientsRefused([first, second], [second]), SENDING)
    expect(failure).toMatchObject({ code: 161, command: 'RCPT', recipient: 'b@example.test', reply })
    expect(failure.message).toContain('recipient b@example.test refused: 550 5.1.1 no such mailbox')
  })

  test('that is none: the server does not offer what is wanted', () => {
    const error = new ProtocolError('smtp.starttls.not-offered', 'the server does not offer STARTTLS', {
      phase: 'starttls',
      outcome: 'permanent',
    })
    const failure = failureOf(error, IDLE)
    expect(failure).toMatchObject({ code: 161, reply: undefined, command: undefined })
    expect(failure.message).toMatch(/^161: the server does not offer STARTTLS\. .*SSLStartMode 1/)
  })
})

describe('what has a cause of its own', () => {
  test.each([
    [
      11_001,
      connectError('proxy.resolve', 'proxy', connectError('resolve.not-found', 'resolve', systemError('ENOTFOUND'))),
    ],
    [
      11_002,
      connectError('proxy.resolve', 'proxy', connectError('resolve.failed', 'resolve', systemError('EAI_AGAIN'))),
    ],
    [11_001, connectError('proxy.resolve', 'proxy')],
    [
      10_061,
      connectError(
        'proxy.unreachable',
        'proxy',
        connectError('connect.refused', 'connect', systemError('ECONNREFUSED')),
      ),
    ],
    [118, connectError('proxy.unreachable', 'proxy')],
    [118, connectError('proxy.tls', 'proxy', connectError('tls.unknown-issuer', 'tls'))],
    [
      302,
      protocolError('smtp.content.stopped', 'content', new SettingsError('content.source-failed', 'content', 'failed')),
    ],
    [1117, protocolError('smtp.closed', 'quit')],
    [301, protocolError('smtp.auth.token', 'auth', connectError('web.timeout', 'connect'))],
    [162, protocolError('smtp.auth.token', 'auth', new Error('no'))],
    [271, tlsError('tls.passphrase', new SettingsError('certificate.password', 'tls.pfx', 'is wrong'))],
    [271, tlsError('tls.passphrase')],
    [271, tlsError('tls.extraCa')],
    [273, tlsError('tls.key')],
    [273, tlsError('tls.pfx')],
    [270, tlsError('tls.sigalgs')],
  ])('is %i by it', (number, error) => {
    expect(failureOf(error, SENDING).code).toBe(number)
  })

  function tlsError(field: string, cause?: unknown): SettingsError {
    return new SettingsError('settings.tls', field, 'cannot be used', { cause })
  }

  test('an error of the class itself stays as it is, wherever it is found', () => {
    const own = new IPWorksError(102, '102: unusable')
    expect(failureOf(own, SENDING)).toBe(own)
    expect(failureOf(connectError('resolve.failed', 'resolve', own), SENDING)).toBe(own)
  })
})

describe('every code of the engine', () => {
  const page = readFileSync(new URL('../../../../../docs/errors.md', import.meta.url), 'utf8')
  const codes = [...page.matchAll(/^\| `([\w.-]+)` +\| ([A-Za-z]+)/gm)].map(([, code = '', kind = '']) => ({
    code,
    kind,
  }))
  const CLASSES: Readonly<Record<string, (code: string) => PosthornError>> = {
    SettingsError: (code) => new SettingsError(code, 'field', 'no'),
    ConnectError: (code) => connectError(code, 'connect'),
    ProtocolError: (code) => protocolError(code, 'mail'),
    ApiError: (code) => protocolError(code, 'auth'),
    InvariantError: () => new InvariantError('x'),
  }

  test('is on the page', () => {
    expect(codes.length).toBeGreaterThan(300)
  })

  test.each(codes)('$code has a number of the document', ({ code, kind }) => {
    expect(engineCode(code)).toBeDefined()
    const reply = { code: 550, lines: ['no'] }
    const error =
      CLASSES[kind]?.(code) ?? new ReplyError(code, 'refused', { phase: 'rcpt', outcome: 'permanent', reply })
    for (const context of [IDLE, SENDING]) {
      const failure = failureOf(error, context)
      expect(ERRORS[failure.code]?.raised).toBe(true)
      expect(failure.message).toMatch(
        failure.code === 301 ? /^(?:Timeout|Operation interrupted)/ : new RegExp(`^\\[?${failure.code}[\\]:] `),
      )
      expect(failure.cause).toBe(error)
    }
  })

  /** Families of which the class meets every member: a new one must be thought about. */
  const THOUGHT_ABOUT = /^(?:resolve|connect|proxy|tls|smtp|content|extension|deadline|pool|recipients)\./

  test.each(codes.filter(({ code }) => THOUGHT_ABOUT.test(code)))('$code is not left to its family', ({ code }) => {
    expect(engineCode(`${code}x`)).toBeUndefined()
  })

  test.each([
    [new SettingsError('new.code', 'field', 'no'), 10_022],
    [connectError('new.code', 'proxy'), 118],
    [connectError('new.code', 'tls'), 276],
    [connectError('new.code', 'resolve'), 11_002],
    [connectError('new.code', 'connect', systemError('EMFILE')), 10_024],
    [protocolError('new.code', 'data'), 162],
    [protocolError('constructor', 'data'), 162],
  ])('%s is answered by its class when the tables do not know it', (error, number) => {
    expect(failureOf(error, SENDING).code).toBe(number)
  })
})

test('a setting is named as the class names it, and the advice with it', () => {
  const error = new SettingsError('settings.tls-ciphers', 'tls.ciphers', 'leaves no cipher suite', {
    hint: 'See tls.ciphers.',
  })
  expect(failureOf(error, IDLE).message).toMatch(
    /^270: TLS library problem: SSLEnabledCipherSuites: leaves no cipher suite\. Name suites .*SSLCipherStrength\.$/,
  )
})
