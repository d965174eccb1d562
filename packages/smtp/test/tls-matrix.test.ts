import {
  certificates,
  RevocableCertificates,
  ScriptedServer,
  type CertificateName,
  type Certificates,
} from '@posthorn/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSendFailure, SmtpClient, type SmtpOptions } from '../src/index.js'
import { RecordingRoad } from './recording-road.js'

const PASSWORD = 'Pencil-of-Matrix-9'
const CONTENT = 'Subject: letter of the matrix\r\n\r\nonly for your eyes\r\n'
/** What may be sent to a server that has not proven itself. */
const HARMLESS = /^(?:(?:EHLO|HELO) client\.example\.test\r\n|STARTTLS\r\n|QUIT\r\n)*$/

const EHLO = 'C~ EHLO .*\nS: 250-relay.example.test\nS: 250-PIPELINING\n'
const OFFERED = `S: 220 relay ESMTP\n${EHLO}S: 250-STARTTLS\nS: 250 AUTH PLAIN LOGIN\n`
const INSIDE = `${EHLO}S: 250 AUTH PLAIN LOGIN\n`
const LETTER = `C~ AUTH PLAIN .*\nS: 235 ok\nC~ MAIL .*\nS: 250 ok\nC~ RCPT .*\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: letter of the matrix\nC: \nC: only for your eyes\nC: .\nS: 250 taken\nC: QUIT\nS: 221 bye\n`

/** How the server, or who sits before it, behaves; `certificate` names one of the test's. */
interface Conduct {
  readonly starttls: string
  readonly implicit: { readonly script: string; readonly tls: boolean | CertificateName }
  readonly code: RegExp | undefined
}

const showing = (certificate: CertificateName): Conduct => ({
  starttls: `${OFFERED}C: STARTTLS\nS: 220 go\n* tls ${certificate}\n`,
  implicit: { script: '', tls: certificate },
  code: /^tls\./,
})

const CONDUCTS: Readonly<Record<string, Conduct>> = {
  good: {
    starttls: `${OFFERED}C: STARTTLS\nS: 220 go\n* tls good\n${INSIDE}${LETTER}`,
    implicit: { script: `S: 220 relay ESMTP\n${INSIDE}${LETTER}`, tls: true },
    code: undefined,
  },
  'wrong name': showing('wrongName'),
  expired: showing('expired'),
  'self-signed': showing('selfSigned'),
  'unknown issuer': showing('unknownIssuer'),
  // the server shows the certificate that its authority has taken back: `good` of the revocable ones
  revoked: showing('good'),
  'injected reply': {
    starttls: `${OFFERED}C: STARTTLS\nS: 220 go\nS: 250-relay\nS: 250 AUTH PLAIN LOGIN\n`,
    implicit: { script: `S: 220 relay\nS: 250-relay\nS: 250 AUTH PLAIN LOGIN\n`, tls: false },
    code: /injected$|^tls\.plaintext$/,
  },
  stripped: {
    starttls: `S: 220 relay\n${EHLO}S: 250 AUTH PLAIN LOGIN\n`,
    implicit: { script: `S: 220 relay\n`, tls: false },
    code: /not-offered$|^tls\.plaintext$/,
  },
  refused: {
    starttls: `${OFFERED}C: STARTTLS\nS: 454 4.7.0 not now\n`,
    implicit: { script: '* reset\n', tls: false },
    code: /^smtp\.starttls\.|^connect\.reset$/,
  },
  downgraded: {
    starttls: `${OFFERED}C: STARTTLS\nS: 220 go\n* tls good TLSv1\n`,
    implicit: { script: '* tls good TLSv1\n', tls: false },
    code: /^tls\.old-protocol$/,
  },
}

const ROADS = ['implicit', 'STARTTLS', 'proxy+STARTTLS', 'proxy+implicit'] as const

describe('TLS, every road and every way to fail', () => {
  let usual: Certificates
  let revocable: RevocableCertificates
  beforeAll(async () => {
    ;[usual, revocable] = await Promise.all([certificates(), RevocableCertificates.start()])
  })
  afterAll(() => revocable.close())

  const cells = ROADS.flatMap((road) => Object.keys(CONDUCTS).map((conduct) => [road, conduct] as const))

  it.each(cells)('%s, %s', async (road, name) => {
    const conduct = CONDUCTS[name]!
    const implicit = road.endsWith('implicit')
    const taken = name === 'revoked'
    const shown = taken ? { ...usual, good: revocable.revoked } : usual
    const script = implicit ? conduct.implicit.script : conduct.starttls
    const implicitTls = implicit ? conduct.implicit.tls : false
    await using server = await ScriptedServer.start(conduct.code ? withSilence(script) : script, {
      tls: shown,
      implicitTls,
    })
    await using way = await RecordingRoad.start(server.port, road.startsWith('proxy'))
    const proxied: Partial<SmtpOptions> = road.startsWith('proxy')
      ? { port: server.port, proxy: { type: 'http', host: '127.0.0.1', port: way.port } }
      : { port: way.port }
    const client = new SmtpClient({
      host: '127.0.0.1',
      security: implicit ? 'implicit' : 'starttls',
      localName: 'client.example.test',
      credentials: { user: 'app', password: PASSWORD },
      deadlineMs: 10_000,
      timeouts: { quitMs: 20 },
      pool: { maxConnections: 1 },
      tls: taken ? { ca: revocable.ca, revocation: { crl: 'required' } } : { ca: usual.ca },
      ...proxied,
    })
    const outcome: unknown = await client
      .send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: CONTENT })
      .catch((error: unknown) => error)
    await client.close()
    await server.close()
    const { ledger, transcript } = await server.finished
    const sent = way.sent.toString('latin1')
    for (const secret of secretsOf(PASSWORD)) expect(sent).not.toContain(secret)
    expect(sent).not.toContain('only for your eyes')

    if (!conduct.code) {
      expect(outcome).toMatchObject({ deliveries: [{ outcome: 'delivered' }] })
      expect(ledger.transactions).toHaveLength(1)
      return
    }
    expect(isSendFailure(outcome)).toBe(true)
    expect(outcome).toMatchObject({ code: expect.stringMatching(conduct.code) as string })
    expect(ledger.transactions).toEqual([])
    // what went out in clear, up to the first record of TLS, and what the server read inside TLS
    const clear = sent.slice(0, firstRecord(way.sent))
    expect(leaked(clear)).toBe(0)
    expect(leaked(insideTls(transcript))).toBe(0)
    expect(way.passages.length).toBeGreaterThan(0)
  })
})

/** Octets that are not harmless. */
function leaked(text: string): number {
  return HARMLESS.test(text) ? 0 : text.length
}

/** Where TLS begins: a handshake record (RFC 8446 5.1). */
function firstRecord(octets: Buffer): number {
  const at = octets.indexOf(Buffer.from([0x16, 0x03]))
  return at < 0 ? octets.length : at
}

/** The lines of the client that the server read, as the transcript of the dialogue has them. */
function insideTls(transcript: readonly string[]): string {
  return transcript
    .filter((line) => line.startsWith('C: '))
    .map((line) => `${line.slice(3).replace(/ \(ignored\)$/, '')}\r\n`)
    .join('')
}

function secretsOf(password: string): string[] {
  const octets = Buffer.from(password)
  return [
    password,
    octets.toString('base64'),
    octets.toString('hex'),
    Buffer.from(`\0app\0${password}`).toString('base64'),
  ]
}

function withSilence(script: string): string {
  return script.endsWith('* reset\n') ? script : `${script}* silence\n`
}
