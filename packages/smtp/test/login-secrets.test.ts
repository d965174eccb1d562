import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TrailEvent } from '../src/index.js'
import { AuthServer, type AuthDialogue } from './auth-server.js'
import { clientFor } from './support.js'

/** What a careless server may make of what it got. */
const forms = (text: string): string[] => {
  const octets = Buffer.from(text, 'utf8')
  return [
    text,
    octets.toString('base64'),
    octets.toString('base64url'),
    octets.toString('hex'),
    octets.toString('hex').toUpperCase(),
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
  ]
}

/** In base64 the octets may stand at three places of a quantum. */
const cores = (text: string): string[] =>
  [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), Buffer.from(text, 'utf8')])
      .toString('base64')
      .slice(Math.ceil((before * 8) / 6), Math.floor(((before + Buffer.byteLength(text)) * 8) / 6)),
  )

/** Asks for everything, and tells all of it again, in all forms. */
async function echo({ mechanism, initial, ask }: AuthDialogue): Promise<string> {
  const heard = initial ? [initial] : []
  for (let round = 0; mechanism === 'LOGIN' && round < 2; round++) heard.push((await ask('?'))!)
  const said = heard.flatMap((octets) => forms(octets.toString('utf8').replace(/[\x00\x01]/g, '|')))
  return `535-5.7.8 ${[...said, ...heard.map((octets) => octets.toString('base64'))].join('\r\n535-5.7.8 ')}\r\n535 5.7.8 no`
}

describe('a server that repeats in any form what it was told', () => {
  // from U+0020 on, so that the lines of the reply stay lines
  const character = fc.oneof(
    fc.integer({ min: 0x20, max: 0x7e }),
    fc.integer({ min: 0xa1, max: 0x2fff }),
    fc.constant(0x1f511),
  )
  const secret = fc.array(character, { minLength: 6, maxLength: 40 }).map((points) => String.fromCodePoint(...points))

  it.each(['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER'])(
    '%s: nothing of it is in the trail or in the error',
    async (mechanism) => {
      await using server = await AuthServer.start({ offers: mechanism, auth: echo })
      await fc.assert(
        fc.asyncProperty(secret, async (text) => {
          const how = mechanism.includes('AUTH') ? { accessToken: text } : { password: text }
          await using client = clientFor(server, { allowCleartextAuth: true, credentials: { user: 'alice', ...how } })
          const trail: TrailEvent[] = []
          client.on('trail', (event) => trail.push(event))
          const error: unknown = await client.verify().catch((reason: unknown) => reason)
          const shown = [
            ...trail.flatMap((event) =>
              event.type === 'command' ? [event.line] : event.type === 'reply' ? event.reply.lines : [],
            ),
            inspect(error, { depth: 9 }),
            JSON.stringify(error),
          ].join('\n')
          expect(shown).toContain('535')
          expect(shown).toContain('***')
          for (const form of [...forms(text), ...cores(text)]) expect(shown.includes(form), `shows ${form}`).toBe(false)
        }),
        { numRuns: 30 },
      )
      expect(server.errors).toEqual([])
    },
  )
})
