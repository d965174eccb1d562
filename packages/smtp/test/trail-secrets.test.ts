import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { SmtpOptions, TrailEvent } from '../src/index.js'
import { AuthServer, type AuthDialogue } from './auth-server.js'
import { clientFor } from './support.js'

const PASSWORD = 'pencil-and-paper'
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const PLAIN = base64(`\0alice\0${PASSWORD}`)

/** Refuses, and says what it was told. */
async function echo({ mechanism, initial, ask }: AuthDialogue): Promise<string> {
  if (mechanism === 'PLAIN') return `535 5.7.8 no: ${initial!.toString('base64')}`
  await ask('Username:')
  return `535 5.7.8 no: ${(await ask('Password:'))!.toString('base64')}`
}

/** What the trail shows of a login that is refused, and the error. */
async function refused(options: Partial<SmtpOptions>): Promise<{ lines: string[]; error: string }> {
  await using server = await AuthServer.start({ offers: 'PLAIN LOGIN', auth: echo })
  const credentials = { user: 'alice', password: PASSWORD }
  await using client = clientFor(server, { allowCleartextAuth: true, credentials, ...options })
  const trail: TrailEvent[] = []
  client.on('trail', (event) => trail.push(event))
  const error: unknown = await client.verify().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'smtp.auth.refused' })
  const lines = trail.flatMap((event) =>
    event.type === 'command' ? [event.line] : event.type === 'reply' ? event.reply.lines : [],
  )
  return {
    lines,
    error: `${inspect(error, { depth: 9 })}${JSON.stringify(error)}${inspect(trail.filter(({ type }) => type === 'close'))}`,
  }
}

describe('trailSecrets', () => {
  it('shows what AUTH says as it stands on the wire, and replies as they came; errors stay masked', async () => {
    const { lines, error } = await refused({ trailSecrets: true, mechanisms: ['PLAIN', 'LOGIN'] })
    expect(lines).toContain(`AUTH PLAIN ${PLAIN}`)
    expect(lines).toContain(`5.7.8 no: ${PLAIN}`)
    expect(lines).toContain(base64(PASSWORD))
    expect(lines).toContain(`5.7.8 no: ${base64(PASSWORD)}`)
    for (const secret of [PASSWORD, PLAIN, base64(PASSWORD)]) expect(error).not.toContain(secret)
  })

  it('is off unless it is said', async () => {
    for (const options of [{}, { trailSecrets: false }]) {
      const { lines, error } = await refused({ ...options, mechanisms: ['PLAIN', 'LOGIN'] })
      for (const secret of [PASSWORD, PLAIN, base64(PASSWORD)])
        expect(`${lines.join('\n')}${error}`).not.toContain(secret)
      expect(lines).toContain('AUTH PLAIN ***')
    }
    expect(() => clientFor({ port: 1 }, { trailSecrets: 'yes' as unknown as boolean })).toThrow(/trailSecrets/)
  })

  it('shows a raw secret command whole', async () => {
    await using server = await AuthServer.start({ offers: 'PLAIN', auth: () => '235 ok' })
    for (const trailSecrets of [true, false]) {
      await using client = clientFor(server, { trailSecrets })
      const lines: string[] = []
      client.on('trail', (event) => void (event.type === 'command' && lines.push(event.line)))
      const session = await client.session()
      await session.raw('XSECRET squeamish-ossifrage', { secret: true })
      expect(lines).toContain(trailSecrets ? 'XSECRET squeamish-ossifrage' : 'XSECRET ***')
    }
  })

  it('hides by itself the initial response and the answers of an AUTH that is typed raw', async () => {
    await using server = await AuthServer.start({ offers: 'PLAIN LOGIN', auth: echo })
    for (const trailSecrets of [true, false]) {
      await using client = clientFor(server, { trailSecrets })
      const trail: TrailEvent[] = []
      client.on('trail', (event) => trail.push(event))
      const session = await client.session()
      const replies = [await session.raw(`AUTH PLAIN ${PLAIN}`)]
      for (const line of ['AUTH LOGIN', base64('alice'), base64(PASSWORD)]) replies.push(await session.raw(line))
      expect(replies.map(({ code }) => code)).toEqual([535, 334, 334, 535])
      expect((await session.raw('HELP more')).code).toBe(250)
      const lines = trail.flatMap((event) => (event.type === 'command' ? [event.line] : []))
      const shown = ['AUTH PLAIN ***', 'AUTH LOGIN', '***', '***', 'HELP more']
      const whole = [`AUTH PLAIN ${PLAIN}`, 'AUTH LOGIN', base64('alice'), base64(PASSWORD), 'HELP more']
      expect(lines.slice(1)).toEqual(trailSecrets ? whole : shown)
      for (const secret of [PASSWORD, PLAIN, base64(PASSWORD)]) expect(inspect(replies)).not.toContain(secret)
    }
  })
})
