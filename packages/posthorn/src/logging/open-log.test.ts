import { createSocket } from 'node:dgram'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Secret } from '@posthorn/ground'
import { checkProfile } from '@posthorn/settings'
import { SmtpClient, type SmtpOptions, type TrailEvent } from '@posthorn/smtp'
import { certificates, SinkServer, type SinkOptions } from '@posthorn/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failureEntry, receiptEntry } from './message-entry.js'
import { openLog, type LoggingSettings, type LogTerms } from './open-log.js'

const USER = 'app.user@example.test'
const PASSWORD = 'Tr0ub4dor&3-and-more'
let folder: string

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'posthorn-openlog-'))))
afterEach(() => rm(folder, { recursive: true }))

const read = (name: string) => readFile(join(folder, name), 'utf8')
const lines = async (name: string) => (await read(name)).trimEnd().split('\n')

/** Sends one message over TLS with a login, and logs it. */
async function logged(
  logging: LoggingSettings,
  terms: LogTerms = {},
  sink: SinkOptions = {},
  smtp: Partial<SmtpOptions> = {},
): Promise<void> {
  const tls = await certificates()
  await using server = await SinkServer.start({ tls, auth: { user: USER, password: PASSWORD }, ...sink })
  const client = new SmtpClient({
    host: '127.0.0.1',
    port: server.port,
    tls: { ca: tls.ca },
    credentials: { user: USER, password: new Secret(PASSWORD), mechanism: 'LOGIN' },
    ...smtp,
  })
  const log = await openLog(logging, { directory: folder, ...terms })
  client.on('trail', (event) => log.trail(event))
  const envelope = { reversePath: USER, recipients: ['b@example.org', 'c@example.org'] }
  const message = { messageId: '<1@example.test>', reversePath: USER }
  try {
    log.say(
      receiptEntry(await client.send({ envelope, content: 'Subject: quarterly figures\r\n\r\nwords\r\n' }), message),
    )
  } catch (error) {
    log.say(failureEntry(error, message))
  }
  await client.close()
  await log.close()
}

const note = (text: string, session = 1): TrailEvent => ({ type: 'note', text, at: 0, session })

describe('openLog', () => {
  it('takes settings that a profile may have', () => {
    const logging: LoggingSettings = {
      ...{ level: 'debug', destinations: ['stderr', 'file', 'syslog'], trailFile: 'trail.txt', showUser: false },
      file: { path: 'mail.log', maxOctets: 4096, keep: 3, format: 'json' },
      syslog: { address: 'tls://logs.example.test', facility: 'local3', appName: 'app', caFile: 'ca.pem' },
    }
    expect(checkProfile({ relay: { host: 'relay.example.test' }, logging }).logging).toEqual(logging)
  })

  it('[part of beyondtrust.logging.FileLogging] writes connect, TLS, login and the message to a file, and no secret, content or subject', async () => {
    await logged({ destinations: ['file'], file: { path: 'mail.log' } })
    const entries = await lines('mail.log')
    expect(entries.map((line) => /^\S+Z (\w+) +([\w-]+): /.exec(line)?.slice(1).join(' '))).toEqual([
      'info connect',
      'info tls',
      'info login',
      'info accepted',
    ])
    expect(entries[2]).toMatch(/: logged in by LOGIN session=[0-9a-f]{6}-1 mechanism=LOGIN$/)
    expect(entries[3]).toMatch(/message <1@example.test> was accepted .*delivered="b@example.org, c@example.org"/)
    expect(await read('mail.log')).not.toMatch(/figures|words|Tr0ub4dor/)
  })

  it('[part of genesys.option.enable-debug] [part of javamail.mail.debug] [part of javamail.mail.debug.auth] [part of javamail.mail.debug.auth.password] with debug the dialogue goes there, too, the password masked', async () => {
    await logged({ level: 'debug', destinations: ['file'], file: { path: 'mail.log', format: 'json' } })
    const entries = (await lines('mail.log')).map((line) => JSON.parse(line) as Record<string, unknown>)
    const texts = entries.map(({ text }) => String(text))
    expect(texts).toContain('> AUTH LOGIN')
    expect(texts).toContain(`> MAIL FROM:<${USER}> SIZE=37`)
    expect(entries.find(({ event }) => event === 'tls')).toMatchObject({ level: 'info', facts: { verified: true } })
    const all = await read('mail.log')
    for (const form of [PASSWORD, Buffer.from(PASSWORD).toString('base64')]) expect(all).not.toContain(form)
    expect(all).not.toMatch(/figures|words/)
  })

  it('[part of javamail.mail.debug.auth.username] hides the user everywhere when told to, in base64, too', async () => {
    const base64 = Buffer.from(USER).toString('base64')
    const replyTo = (verb: string) => (verb === 'RCPT' ? `550 5.7.1 ${USER} (${base64}) may not` : undefined)
    const logging: LoggingSettings = {
      level: 'debug',
      destinations: ['file'],
      file: { path: 'mail.log' },
      trailFile: 'trail.log',
    }
    await logged({ ...logging, showUser: true }, { users: [USER] }, { replyTo })
    expect(await read('trail.log')).toContain(USER)
    await rm(join(folder, 'trail.log'))
    await rm(join(folder, 'mail.log'))
    await logged({ ...logging, showUser: false }, { users: [USER] }, { replyTo })
    for (const name of ['mail.log', 'trail.log']) {
      expect(await read(name)).not.toContain(USER)
      expect(await read(name)).not.toContain(base64)
    }
    expect(await read('trail.log')).toContain('< 550 5.7.1 *** (***) may not')
  })

  it('tells a login that was refused', async () => {
    await logged(
      { level: 'warn', destinations: ['file'], file: { path: 'mail.log' } },
      {},
      {
        auth: { user: USER, password: 'another' },
      },
    )
    const [refused, failed] = await lines('mail.log')
    expect(refused).toMatch(/ warn {2}login-refused: the login by LOGIN was refused: 535 /)
    expect(failed).toMatch(
      / error failed: message <1@example.test> was not sent: .* code=smtp.auth.refused phase=auth /,
    )
  })

  it('writes the whole trail to its file, whatever the level, with the session in each line', async () => {
    await logged({ level: 'off', destinations: ['stderr'], trailFile: 'trail.log' })
    const trail = await lines('trail.log')
    expect(new Set(trail.map((line) => line.split(' ')[1])).size).toBe(1)
    const said = trail.map((line) => line.split(' ').slice(2).join(' '))
    expect(said.filter((line) => line.startsWith('> ')).map((line) => line.slice(2, 6))).toEqual([
      'EHLO',
      'STAR',
      'EHLO',
      'AUTH',
      '***',
      '***',
      'MAIL',
      'RCPT',
      'RCPT',
      'BDAT',
      '(37 ',
      'QUIT',
    ])
    expect(said.at(-1)).toMatch(/^\* closed: /)
    expect(trail[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z [0-9a-f]{6}-1 \* connected to 127\.0\.0\.1:\d+$/)
  })

  it('nothing a server says can begin a line of its own or reach the terminal', async () => {
    const stderr = new PassThrough()
    const log = await openLog({ destinations: ['stderr'], trailFile: 'trail.log' }, { directory: folder, stderr })
    const evil = 'a\r\n2026-01-01T00:00:00.000Z info accepted: forged\x1b[2J\x9b1m\u202e'
    log.trail(note(evil))
    log.say({
      level: 'info',
      event: 'x\ny',
      text: evil,
      facts: { 'a=b c': evil, list: [evil], secret: new Secret('s3cret') },
    })
    await log.close()
    const shown = `${String(stderr.read())}${await read('trail.log')}`
    expect(shown.split('\n')).toHaveLength(4)
    expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
    expect(shown).toContain('\\x0d\\x0a2026')
    expect(shown).not.toContain('s3cret')
  })

  it('[part of beyondtrust.logging.EventLog] sends the same entries to a syslog collector', async () => {
    const collector = createSocket('udp4')
    const got: string[] = []
    const four = new Promise<void>((resolve) =>
      collector.on('message', (octets) => {
        got.push(octets.toString())
        if (got.length === 4) resolve()
      }),
    )
    await new Promise<void>((resolve) => collector.bind(0, '127.0.0.1', resolve))
    await logged({ destinations: ['syslog'], syslog: { address: `udp://127.0.0.1:${collector.address().port}` } })
    await four
    collector.close()
    expect(got.map((message) => message.split(' ')[5])).toEqual(['connect', 'tls', 'login', 'accepted'])
    expect(got.at(-1)).toMatch(/^<22>1 .* posthorn \d+ accepted \[posthorn@32473 messageId="<1@example\.test>" /)
  })

  it('keeps to its level', async () => {
    const stderr = new PassThrough()
    const log = await openLog({ level: 'warn', destinations: ['stderr'] }, { stderr })
    for (const level of ['error', 'warn', 'info', 'debug'] as const) log.say({ level, event: 'x', text: level })
    await log.close()
    log.say({ level: 'error', event: 'x', text: 'after the end' })
    expect(String(stderr.read()).match(/x: \w+/g)).toEqual(['x: error', 'x: warn'])
  })

  it.each([
    ['the log file', { destinations: ['file'], file: { path: 'none/mail.log' } }, 'logging.file', 'logging.file.path'],
    ['the trail file', { trailFile: 'none/trail.log' }, 'logging.file', 'logging.trailFile'],
    ['a log file without a path', { destinations: ['file'] }, 'logging.file', 'logging.file.path'],
    [
      'an address',
      { destinations: ['syslog'], syslog: { address: 'http://x' } },
      'logging.syslog',
      'logging.syslog.address',
    ],
    [
      'an authority',
      { destinations: ['syslog'], syslog: { caFile: 'none' } },
      'logging.syslog-ca',
      'logging.syslog.caFile',
    ],
  ] as const)(
    '[part of beyondtrust.logging.LogFileName] refuses %s that cannot be used, before anything is sent',
    async (_, logging, code, field) => {
      const opened = openLog(logging, { directory: folder })
      await expect(opened).rejects.toMatchObject({ code, field })
    },
  )

  it.skipIf(process.platform === 'win32')('refuses the event log of Windows elsewhere', async () => {
    await expect(openLog({ destinations: ['eventlog'] })).rejects.toMatchObject({ code: 'logging.eventlog' })
  })

  it('mail goes on when the log breaks, and it is told once', async () => {
    const stderr = new PassThrough()
    await writeFile(join(folder, 'mail.log'), '')
    const log = await openLog(
      { destinations: ['file', 'stderr'], file: { path: 'sub/../mail.log' } },
      { directory: folder, stderr },
    )
    stderr.destroy(new Error('nobody reads'))
    expect(() => {
      for (let number = 0; number < 10; number++) log.say({ level: 'info', event: 'x', text: String(number) })
      log.say({
        level: 'info',
        event: 'x',
        text: 'loop',
        facts: {
          get loop() {
            throw new Error('fact')
          },
        },
      })
    }).not.toThrow()
    await log.close()
    expect(await lines('mail.log')).toHaveLength(11)
    expect((await lines('mail.log')).at(-1)).toMatch(/an entry could not be written: fact$/)
  })

  it('tells the sessions of several clients apart', async () => {
    const log = await openLog({ trailFile: 'trail.log' }, { directory: folder })
    const [first, second] = [{}, {}]
    log.trail(note('a'), first)
    log.trail(note('b'), second)
    log.trail(note('c'), first)
    await log.close()
    const ids = (await lines('trail.log')).map((line) => line.split(' ')[1]!.replace(/^\w+-/, ''))
    expect(ids).toEqual(['1', '2.1', '1'])
  })

  it('does nothing, and needs no trail, when nothing is set', async () => {
    const log = await openLog(undefined)
    log.trail(note('x'))
    log.say({ level: 'error', event: 'x', text: 'x' })
    expect(log.wantsTrail).toBe(false)
    await log.close()
  })
})
