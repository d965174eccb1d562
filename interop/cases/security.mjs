// Every way of protecting the session, with and without login, and what must fail.
import { deepStrictEqual, equal, match, ok } from 'node:assert/strict'
import { failure, outcomesOf, sendFailure, trailOf } from '../expectation.mjs'
import { exactly, letter } from '../letter.mjs'

/** door, options, what Postfix must say in Received; `login`: the door knows accounts */
const WAYS = [
  { door: 'smtps', security: 'implicit', login: true, received: 'ESMTPSA' },
  { door: 'submission', security: 'starttls', login: true, received: 'ESMTPSA' },
  { door: 'submission', security: 'opportunistic', login: true, received: 'ESMTPSA' },
  { door: 'clear', security: 'opportunistic', login: true, allowCleartextAuth: true, received: 'ESMTPA' },
  { door: 'clear', security: 'none', login: true, allowCleartextAuth: true, received: 'ESMTPA' },
  { door: 'mx', security: 'starttls', received: 'ESMTPS' },
  { door: 'mx', security: 'opportunistic', received: 'ESMTPS' },
  { door: 'poor', security: 'opportunistic', received: 'ESMTP' },
  { door: 'mx', security: 'none', received: 'ESMTP' },
]

const sends = WAYS.flatMap(({ door, login, received, ...options }) =>
  (login ? ['PLAIN', 'LOGIN'] : [undefined]).map((mechanism) => ({
    title: `${options.security} at ${door}, ${mechanism ? `AUTH ${mechanism}` : 'no AUTH'}`,
    async run(lab) {
      const client = lab.client(door, {
        ...options,
        ...(mechanism ? { credentials: lab.credentials, mechanisms: [mechanism] } : {}),
      })
      const trail = trailOf(client)
      const box = lab.box()
      const one = letter()
      const recipients = [box.at('bob')]
      const receipt = await client.send({
        envelope: { reversePath: box.at('alice'), recipients },
        content: one.content,
      })
      await client.close()
      await lab.settled()
      deepStrictEqual(outcomesOf(receipt), ['delivered'])
      const arrived = await box.arrived()
      exactly(arrived, [{ letter: one, recipients }])
      match(arrived[0].front, new RegExp(`with ${received} id`))
      equal(/Authenticated sender: alice/.test(arrived[0].front), mechanism !== undefined)
      equal(trail.count(`AUTH ${mechanism}`), mechanism ? 1 : 0)
      equal(trail.count('QUIT'), 1)
      ok(!JSON.stringify(trail.events).includes(lab.servers.password), 'the password is not in the trail')
      ok(!JSON.stringify(trail.events).includes(Buffer.from(lab.servers.password).toString('base64')), 'nor as base64')
    },
  })),
)

const failures = [
  {
    title: 'verify logs in and sends no mail',
    async run(lab) {
      const client = lab.client('smtps', { security: 'implicit', credentials: lab.credentials })
      const trail = trailOf(client)
      await client.verify()
      equal(trail.count('AUTH'), 1)
      equal(trail.count('MAIL'), 0)
    },
  },
  ...['smtps', 'submission'].flatMap((door) =>
    ['PLAIN', 'LOGIN'].map((mechanism) => ({
      title: `wrong password at ${door}, AUTH ${mechanism}: refused, nothing sent`,
      async run(lab) {
        const box = lab.box()
        const credentials = { ...lab.credentials, password: 'not-this-one' }
        const security = door === 'smtps' ? 'implicit' : 'starttls'
        const client = lab.client(door, { security, credentials, mechanisms: [mechanism] })
        const envelope = { reversePath: box.at('alice'), recipients: [box.at('bob')] }
        const error = await sendFailure(client.send({ envelope, content: letter().content }), 'smtp.auth.refused', [
          'notSent',
        ])
        equal(error.phase, 'auth')
        equal(error.reply.code, 535)
        equal(error.outcome, 'permanent')
        await lab.settled()
        exactly(await box.arrived(), [])
      },
    })),
  ),
  {
    title: 'wrong password: the next mechanism is tried, and refused as well',
    async run(lab) {
      const credentials = { ...lab.credentials, password: 'not-this-one' }
      const client = lab.client('smtps', { security: 'implicit', credentials })
      const trail = trailOf(client)
      const error = await failure(client.verify(), 'smtp.auth.refused')
      equal(error.reply.code, 535)
      equal(trail.count('AUTH'), 2)
    },
  },
  ...[
    { door: 'smtps', security: 'implicit' },
    { door: 'submission', security: 'starttls' },
    { door: 'mx', security: 'opportunistic' },
  ].flatMap(({ door, security }) => [
    {
      title: `${security}: a certificate of an unknown authority is not taken, and no login is sent`,
      async run(lab) {
        const options = door === 'mx' ? {} : { credentials: lab.credentials }
        const client = lab.client(door, { security, tls: { ca: lab.servers.strangerCa }, ...options })
        const trail = trailOf(client)
        const error = await failure(client.verify(), 'tls.unknown-issuer')
        equal(error.phase, 'tls')
        equal(trail.count('AUTH'), 0)
      },
    },
    {
      title: `${security}: a certificate of another name is not taken`,
      async run(lab) {
        const client = lab.client(door, { security, tls: { ca: lab.servers.ca, servername: 'relay.wrong.example' } })
        const error = await failure(client.verify(), 'tls.wrong-name')
        equal(error.phase, 'tls')
      },
    },
  ]),
  {
    title: 'starttls where it is not offered: no session',
    async run(lab) {
      await failure(lab.client('poor', { security: 'starttls' }).verify(), 'smtp.starttls.not-offered')
    },
  },
  {
    title: 'none: no client with credentials unless allowCleartextAuth',
    async run(lab) {
      await failure(
        async () => lab.client('clear', { security: 'none', credentials: lab.credentials }),
        'smtp.auth.cleartext',
      )
    },
  },
  {
    title: 'opportunistic without TLS: no login unless allowCleartextAuth',
    async run(lab) {
      const client = lab.client('clear', { security: 'opportunistic', credentials: lab.credentials })
      const trail = trailOf(client)
      await failure(client.verify(), 'smtp.auth.cleartext')
      equal(trail.count('AUTH'), 0)
    },
  },
  {
    title: 'credentials where no AUTH is offered: nothing is sent unauthenticated',
    async run(lab) {
      const client = lab.client('mx', { security: 'starttls', credentials: lab.credentials })
      const trail = trailOf(client)
      const envelope = { reversePath: 'alice@box0.example', recipients: ['bob@box0.example'] }
      await sendFailure(client.send({ envelope, content: letter().content }), 'smtp.auth.not-offered', ['notSent'])
      equal(trail.count('MAIL'), 0)
    },
  },
]

export const cases = [...sends, ...failures]
