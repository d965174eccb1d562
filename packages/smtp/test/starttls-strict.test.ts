import { describe, expect, it } from 'vitest'
import { certificates, ScriptedServer } from '@posthorn/testkit'
import { isSendFailure, SmtpClient, type Credentials, type SmtpOptions } from '../src/index.js'

const CREDENTIALS: Record<string, Credentials> = {
  PLAIN: { user: 'app', password: 'pencil' },
  LOGIN: { user: 'app', password: 'pencil' },
  XOAUTH2: { user: 'app', accessToken: 'ya29.pencil' },
}

/** What a client that insists on TLS may say in clear. */
const ALLOWED_IN_CLEAR = /^(?:(?:EHLO|HELO) client\.example\.test\r\n|STARTTLS\r\n|QUIT\r\n)*$/

const offer = (mechanism: string, starttls: string): string =>
  `S: 220 relay.example.test ESMTP\nC~ EHLO .*\nS: 250-relay.example.test\nS: 250-PIPELINING\nS: 250-CHUNKING\nS: 250-AUTH ${mechanism}\n${starttls}S: 250 AUTH=${mechanism}\n`

/** Every way in which a server, or somebody in between, can keep TLS from coming about. */
const SERVERS: Record<string, { readonly script: (mechanism: string) => string; readonly code: RegExp }> = {
  'does not offer STARTTLS': { script: (m) => offer(m, ''), code: /^smtp\.starttls\.not-offered$/ },
  'offers XSTARTTLS': { script: (m) => offer(m, 'S: 250-XSTARTTLS\n'), code: /^smtp\.starttls\.not-offered$/ },
  'has the keyword overwritten on the way': {
    script: (m) => offer(m, 'S: 250-XXXXXXXA\n'),
    code: /^smtp\.starttls\.not-offered$/,
  },
  'names STARTTLS in its greeting alone': {
    script: () => 'S: 220 relay STARTTLS\nC~ EHLO .*\nS: 250-STARTTLS\nS: 250 AUTH PLAIN LOGIN XOAUTH2\n',
    code: /not-offered$/,
  },
  'knows only HELO': {
    script: () =>
      'S: 220 relay\nC~ EHLO .*\nS: 502 what?\nC~ HELO .*\nS: 250-relay\nS: 250-STARTTLS\nS: 250 AUTH PLAIN LOGIN XOAUTH2\n',
    code: /not-offered$/,
  },
  'refuses EHLO and HELO': {
    script: () => 'S: 220 relay\nC~ EHLO .*\nS: 550 no\nC~ HELO .*\nS: 550 no\n',
    code: /^smtp\.ehlo\.refused$/,
  },
  ...Object.fromEntries(
    [
      '454 4.7.0 not now',
      '502 5.5.1 what?',
      '500 5.5.2 what?',
      '501 5.5.4 no parameters',
      '503 5.5.1 already',
      '554 5.7.3 no',
      '354 go on',
      '250 ok',
      '235 2.7.0 logged in',
      '334 ',
      '221 bye',
      '421 4.3.2 busy',
    ].map((reply) => [
      `answers STARTTLS with "${reply}"`,
      {
        script: (m: string) => `${offer(m, 'S: 250-STARTTLS\n')}C: STARTTLS\nS: ${reply}\n`,
        code: /^smtp\.starttls\./,
      },
    ]),
  ),
  ...Object.fromEntries(
    ['expired', 'notYetValid', 'wrongName', 'selfSigned', 'unknownIssuer', 'commonNameOnly', 'wrongUsage'].map(
      (certificate) => [
        `shows the certificate "${certificate}"`,
        {
          script: (m: string) => `${offer(m, 'S: 250-STARTTLS\n')}C: STARTTLS\nS: 220 go\n* tls ${certificate}\n`,
          code: /^tls\./,
        },
      ],
    ),
  ),
  'speaks only TLS 1.0': {
    script: (m) => `${offer(m, 'S: 250-STARTTLS\n')}C: STARTTLS\nS: 220 go\n* tls good TLSv1\n`,
    code: /^tls\.old-protocol$/,
  },
  'hangs up behind its 220': {
    script: (m) => `${offer(m, 'S: 250-STARTTLS\n')}C: STARTTLS\nS: 220 go\n* close\n`,
    code: /^connect\.reset$|^tls\./,
  },
  'resets the connection behind its 220': {
    script: (m) => `${offer(m, 'S: 250-STARTTLS\n')}C: STARTTLS\nS: 220 go\n* reset\n`,
    code: /^connect\.reset$|^tls\./,
  },
  'goes on in clear behind its 220': {
    script: (m) => `${offer(m, 'S: 250-STARTTLS\n')}C: STARTTLS\nS: 220 go\nS: 250-relay\nS: 250 AUTH ${m}\n`,
    code: /injected$/,
  },
  'begins a reply behind its 220': {
    script: (m) => `${offer(m, 'S: 250-STARTTLS\n')}C: STARTTLS\nS: 220 go\nS= 235 \n`,
    code: /injected$/,
  },
  'forges the login in its greeting segment': {
    script: (m) => `S: 220 relay\nS: 250-relay\nS: 250 AUTH ${m}\nS: 235 welcome\n`,
    code: /^smtp\.reply\.unexpected$/,
  },
}

async function attempt(
  script: string,
  options: Partial<SmtpOptions>,
): Promise<{ code: string; outcome: string; inClear: string; insideTls: number; taken: number }> {
  const { ca } = await certificates()
  await using server = await ScriptedServer.start(script.endsWith('* reset\n') ? script : `${script}* silence\n`)
  const client = new SmtpClient({
    security: 'starttls',
    localName: 'client.example.test',
    deadlineMs: 5_000,
    host: '127.0.0.1',
    port: server.port,
    tls: { ca },
    timeouts: { quitMs: 20 },
    pool: { maxConnections: 1 },
    ...options,
  })
  const failure: unknown = await client
    .send({
      envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] },
      content: 'Subject: secret\r\n\r\nx\r\n',
    })
    .catch((error: unknown) => error)
  await client.close()
  await server.close()
  const { ledger } = await server.finished
  const inClear = ledger.octetsBeforeTls.toString('latin1')
  const { code, receipt } = isSendFailure(failure) ? failure : { code: 'delivered', receipt: undefined }
  return {
    code,
    outcome: receipt?.deliveries[0]?.outcome ?? 'delivered',
    inClear,
    insideTls: ledger.octetsReceived - inClear.length,
    taken: ledger.transactions.length,
  }
}

describe.each(Object.entries(SERVERS))('security starttls, and a server that %s', (_name, { script, code }) => {
  it.each(Object.entries(CREDENTIALS))(
    'gets no credentials (%s), no envelope and no content',
    async (mechanism, credentials) => {
      const result = await attempt(script(mechanism), { credentials, mechanisms: [mechanism] })
      expect(result.inClear).toMatch(ALLOWED_IN_CLEAR)
      expect(result).toMatchObject({ outcome: 'notSent', insideTls: 0, taken: 0 })
      expect(result.code).toMatch(code)
    },
  )

  it('gets no message that needs no login either', async () => {
    const result = await attempt(script('PLAIN'), {})
    expect(result.inClear).toMatch(ALLOWED_IN_CLEAR)
    expect(result).toMatchObject({ outcome: 'notSent', insideTls: 0, taken: 0 })
  })

  it('gets nothing with allowCleartextAuth either, which speaks of sessions without TLS and not of starttls', async () => {
    const result = await attempt(script('PLAIN'), { credentials: CREDENTIALS['PLAIN']!, allowCleartextAuth: true })
    expect(result.inClear).toMatch(ALLOWED_IN_CLEAR)
    expect(result).toMatchObject({ outcome: 'notSent', insideTls: 0, taken: 0 })
  })
})

describe('security opportunistic', () => {
  it.each(Object.entries(CREDENTIALS))(
    'does not hand over credentials (%s) in clear because STARTTLS was stripped',
    async (mechanism, credentials) => {
      const { inClear, code } = await attempt(offer(mechanism, ''), {
        security: 'opportunistic',
        credentials,
        mechanisms: [mechanism],
      })
      expect(inClear).toMatch(ALLOWED_IN_CLEAR)
      expect(code).toBe('smtp.auth.cleartext')
    },
  )

  it.each(['expired', 'wrongName', 'selfSigned', 'unknownIssuer'])(
    'does not fall back to clear on the certificate "%s"',
    async (certificate) => {
      const result = await attempt(
        `${offer('PLAIN', 'S: 250-STARTTLS\n')}C: STARTTLS\nS: 220 go\n* tls ${certificate}\n`,
        { security: 'opportunistic' },
      )
      expect(result.inClear).toMatch(ALLOWED_IN_CLEAR)
      expect(result).toMatchObject({ outcome: 'notSent', insideTls: 0, taken: 0 })
    },
  )
})

describe('security none and implicit', () => {
  it.each(Object.entries(CREDENTIALS))(
    'none: credentials (%s) without allowCleartextAuth do not even make a client',
    (_name, credentials) => {
      expect(() => new SmtpClient({ host: '127.0.0.1', port: 25, security: 'none', credentials })).toThrow(
        expect.objectContaining({ code: 'smtp.auth.cleartext' }) as Error,
      )
    },
  )

  it.each(Object.entries(CREDENTIALS))(
    'implicit: a port that speaks in clear gets no octet of credentials (%s)',
    async (mechanism, credentials) => {
      const result = await attempt(offer(mechanism, '').split('C~')[0]!, {
        security: 'implicit',
        credentials,
        mechanisms: [mechanism],
      })
      expect(result.inClear).not.toMatch(/AUTH|MAIL|EHLO|pencil|cGVuY2ls/)
      expect(result).toMatchObject({ code: 'tls.plaintext', outcome: 'notSent', taken: 0 })
    },
  )
})
