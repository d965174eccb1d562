import type { Mechanism } from '@posthorn/sasl'
import { ScramServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { PASSWORD, REFUSED, scripts, WELCOME } from './auth-scripts.js'
import type { AuthScript } from './auth-server.js'
import { client, failing, start } from './login-client.js'

describe('a hostile server', () => {
  const lies: [string, string, string, AuthScript][] = [
    [
      'a wrong signature',
      'SCRAM-SHA-256',
      'smtp.auth.server-proof',
      async ({ initial, ask }) => {
        const server = new ScramServer('sha256', PASSWORD)
        await ask(server.first(initial!.toString()))
        return (await ask(`v=${Buffer.alloc(32).toString('base64')}`)) === undefined ? '501 cancelled' : WELCOME
      },
    ],
    [
      '235 in place of the signature',
      'SCRAM-SHA-256',
      'smtp.auth.unproven',
      async ({ initial, ask }) => {
        await ask(new ScramServer('sha256', 'it does not know').first(initial!.toString()))
        return WELCOME
      },
    ],
    ['235 at once', 'SCRAM-SHA-256', 'smtp.auth.unproven', () => WELCOME],
    [
      'a wrong rspauth',
      'DIGEST-MD5',
      'smtp.auth.server-proof',
      async ({ ask }) => {
        await ask('nonce="n",algorithm=md5-sess')
        return (await ask(`rspauth=${'0'.repeat(32)}`)) === undefined ? '501 cancelled' : WELCOME
      },
    ],
    [
      'no rspauth',
      'DIGEST-MD5',
      'smtp.auth.unproven',
      async ({ ask }) => {
        await ask('nonce="n",algorithm=md5-sess')
        return WELCOME
      },
    ],
    ['235 before CRAM-MD5 was answered', 'CRAM-MD5', 'smtp.auth.unproven', () => WELCOME],
  ]

  it.each(lies)('%s in %s: no other mechanism, on no session', async (_what, name, code, auth) => {
    await using server = await start(`${name} PLAIN LOGIN`, auth)
    const cheated = client(server)
    const first = await failing(cheated.verify())
    expect(first).toMatchObject({ code, outcome: 'permanent', phase: 'auth' })
    const again = await Promise.all([failing(cheated.verify()), failing(cheated.verify())])
    expect(again.map((error) => error.code)).toEqual([code, code])
    expect(again[0]).not.toBe(again[1])
    expect(server.tried).toEqual([name])
    expect(server.lines.join()).not.toContain(Buffer.from(PASSWORD).toString('base64'))
    await failing(client(server).verify()) // made anew, a client asks again
    expect(server.tried).toEqual([name, name])
  })

  const nonsense: [string, string, AuthScript][] = [
    [
      'a nonce of its own',
      'SCRAM-SHA-1',
      async ({ ask }) => ((await ask('r=xyz,s=c2FsdA==,i=4096')) ? WELCOME : '501 cancelled'),
    ],
    [
      'a huge count',
      'SCRAM-SHA-1',
      async ({ ask, initial }) =>
        (await ask(`r=${/r=(.*)$/.exec(initial!.toString())![1]}x,s=c2FsdA==,i=4294967295`))
          ? WELCOME
          : '501 cancelled',
    ],
    [
      'two nonces',
      'DIGEST-MD5',
      async ({ ask }) => ((await ask('nonce="a",nonce="b",algorithm=md5-sess')) ? WELCOME : '501 cancelled'),
    ],
    ['noise', 'NTLM', async ({ ask }) => ((await ask('noise')) ? WELCOME : '501 cancelled')],
  ]

  it.each(nonsense)('%s in %s is cancelled, and the password is not told another way', async (_what, name, auth) => {
    await using server = await start(`${name} PLAIN`, auth)
    expect(await failing(client(server).verify())).toMatchObject({ code: 'smtp.auth.challenge', outcome: 'permanent' })
    expect(server.lines).toContain('*')
    expect(server.tried).toEqual([name])
  })

  it.each(['SCRAM-SHA-256', 'DIGEST-MD5', 'CRAM-MD5'])(
    'a challenge that is no base64 is cancelled in %s, and the password is not told another way',
    async (name) => {
      for (const end of ['501 5.5.2 cancelled', 'close']) {
        await using server = await start(`${name} PLAIN LOGIN`, async ({ askText }) =>
          (await askText('what?!')) === '*' ? end : WELCOME,
        )
        expect(await failing(client(server).verify())).toMatchObject({
          code: 'smtp.auth.challenge',
          outcome: 'permanent',
        })
        expect(server.tried).toEqual([name])
      }
    },
  )

  it.each([
    ['SCRAM-SHA-256', 'r=NONCEx,s=c2FsdA==,i=4096'],
    ['DIGEST-MD5', 'nonce="n",algorithm=md5-sess'],
  ])('one in place of the proof of %s is a proof that failed, on every session', async (name, challenge) => {
    await using server = await start(`${name} PLAIN`, async ({ initial, ask, askText, mechanism }) => {
      if (mechanism === 'PLAIN') return WELCOME
      const nonce = /r=(.*)$/.exec(initial?.toString() ?? '')?.[1] ?? ''
      await ask(challenge.replace('NONCE', nonce))
      return (await askText('%%%')) === '*' ? '501 5.5.2 cancelled' : WELCOME
    })
    const cheated = client(server)
    expect(await failing(cheated.verify())).toMatchObject({ code: 'smtp.auth.server-proof' })
    expect(await failing(cheated.verify())).toMatchObject({ code: 'smtp.auth.server-proof' })
    expect(server.tried).toEqual([name])
  })

  it('what one session finds out ends the login of another in the middle', async () => {
    let found: (() => void) | undefined
    const wait = new Promise<void>((resolve) => (found = resolve))
    let asked: (() => void) | undefined
    const inside = new Promise<void>((resolve) => (asked = resolve))
    await using server = await start('SCRAM-SHA-256 LOGIN', async ({ mechanism, number, ask, initial }) => {
      if (mechanism === 'LOGIN') {
        await ask('Username:')
        asked!()
        await wait
        return (await ask('Password:')) ? WELCOME : '501 5.7.0 cancelled'
      }
      if (number === 1) return REFUSED
      await ask(new ScramServer('sha256', PASSWORD).first(initial!.toString()))
      return WELCOME
    })
    const cheated = client(server)
    const second = failing(cheated.verify()) // goes on to LOGIN
    await inside
    expect(await failing(cheated.verify())).toMatchObject({ code: 'smtp.auth.unproven' })
    found!()
    expect(await second).toMatchObject({ code: 'smtp.auth.unproven' })
    expect(server.lines).not.toContain(Buffer.from(PASSWORD).toString('base64'))
    expect(server.errors).toEqual([])
  })

  describe('AUTH in front of a message', () => {
    const message = {
      envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] },
      content: 'Subject: x\r\n\r\n',
    }
    const mechanism = (name: string, mayEnd: boolean, told: string): Mechanism => ({
      name,
      strength: 'mutual',
      oneStep: true,
      begin: () => ({
        initial: () => Buffer.from('hello'),
        respond: () => null,
        mayEnd: () => mayEnd,
        failure: () => told,
        secrets: () => ['told-in-secret'],
      }),
    })
    const pipelining = { extensions: ['PIPELINING'] }

    it('that is accepted before the mechanism lets it is none, as without a group', async () => {
      await using server = await start('X-ONE', () => WELCOME, pipelining)
      const options = { customMechanisms: [mechanism('X-ONE', false, 'x')], credentials: { mechanism: 'X-ONE' } }
      const cheated = client(server, options)
      expect(await failing(cheated.send(message))).toMatchObject({ code: 'smtp.auth.unproven' })
      expect(await failing(cheated.send(message))).toMatchObject({ code: 'smtp.auth.unproven' })
      expect(server.tried).toEqual(['X-ONE'])
      expect(server.lines.join()).toContain('X-ONE aGVsbG8=,MAIL')
      expect(server.lines).not.toContain('DATA')
    })

    it('that is refused says why, and shows nothing of what it said', async () => {
      await using server = await start('X-ONE', () => '535 5.7.8 told-in-secret', pipelining)
      const options = { customMechanisms: [mechanism('X-ONE', false, 'tired')], credentials: { mechanism: 'X-ONE' } }
      const error = await failing(client(server, options).send(message))
      expect(error).toMatchObject({ code: 'smtp.auth.refused' })
      expect(error.message).toContain('(tired)')
      expect(error.message).toContain('***')
      expect(error.message).not.toContain('told-in-secret')
    })
  })

  it('challenges without end are not answered for ever', async () => {
    await using server = await start('DIGEST-MD5', async ({ ask }) => {
      for (;;) await ask('nonce="a",algorithm=md5-sess')
    })
    const error = await failing(client(server).verify())
    expect(error.code).toMatch(/^smtp\.auth\.(?:endless|server-proof)$/)
    await using empty = await start('LOGIN', async ({ ask }) => {
      for (;;) await ask('')
    })
    expect(await failing(client(empty).verify())).toMatchObject({ code: 'smtp.auth.endless' })
    expect(empty.lines.length).toBeLessThan(25)
  })

  it('a challenge of 12288 octets is read (RFC 4954 4), a line above 65536 ends the session', async () => {
    await using server = await start('LOGIN', async ({ askText, number }) => {
      const prompt = 'A'.repeat(number === 1 ? 12_288 : 65_536)
      await askText(prompt)
      return (await askText(prompt)) === Buffer.from(PASSWORD).toString('base64') ? WELCOME : REFUSED
    })
    await client(server).verify()
    expect(await failing(client(server).verify())).toMatchObject({ code: 'smtp.reply.too-long', phase: 'auth' })
  })

  it('a challenge behind the success is no success', async () => {
    await using server = await start('SCRAM-SHA-1', async (dialogue) => {
      await scripts['SCRAM-SHA-1']!(dialogue, PASSWORD)
      return (await dialogue.ask('more')) === undefined ? '501 5.7.0 cancelled' : WELCOME
    })
    expect(await failing(client(server).verify())).toMatchObject({ code: 'smtp.auth.refused', reply: { code: 501 } })
  })

  it('a challenge that holds what is hidden is read as it came', async () => {
    // the realm has the password in it: masked, the challenge would be no base64 any more
    await using server = await start('DIGEST-MD5', async ({ ask }) => {
      const answer = await ask(`realm="${PASSWORD}",nonce="n",algorithm=md5-sess`)
      expect(answer?.toString()).toContain(`realm="${PASSWORD}"`)
      return REFUSED
    })
    const trusting = client(server)
    await failing(trusting.verify())
    expect(server.errors).toEqual([])
    expect(trusting.shown()).toContain('***')
    expect(trusting.shown()).not.toMatch(/V29uZGVyLTdsYW5|b25kZXItN2xhb/)
  })
})
