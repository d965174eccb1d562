// One letter by one client: how it arrived, and what the client told of it.
import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import { inspect } from 'node:util'
import { outcomesOf, sendFailure, trailOf } from './expectation.mjs'
import { exactly, letter } from './letter.mjs'

/**
 * Sends a letter to this port of loopback; it must arrive, once and octet by octet.
 * @param secrets what must not be seen anywhere
 * @returns `front`: the header fields the servers put on top, the last server's first; `trail`: what the client told
 */
export async function arrives(lab, port, options, secrets = []) {
  const client = lab.clientOf(port, options)
  const trail = trailOf(client)
  const box = lab.box()
  const one = letter()
  const recipients = [box.at('bob')]
  const receipt = await client.send({ envelope: { reversePath: box.at('alice'), recipients }, content: one.content })
  await client.close()
  await lab.settled()
  deepStrictEqual(outcomesOf(receipt), ['delivered'])
  const arrived = await box.arrived()
  exactly(arrived, [{ letter: one, recipients }])
  hidden(secrets, trail.events, receipt)
  return { front: arrived[0].front, trail }
}

/**
 * Sends a letter to this port of loopback, which must fail with this code before any of its content was sent. (Its envelope may ride behind
 * AUTH PLAIN, RFC 4954 4.)
 * @returns the error, and `trail`
 */
export async function fails(lab, port, options, code, secrets = []) {
  const client = lab.clientOf(port, options)
  const trail = trailOf(client)
  const box = lab.box()
  const envelope = { reversePath: box.at('alice'), recipients: [box.at('bob')] }
  const error = await sendFailure(client.send({ envelope, content: letter().content }), code, ['notSent'])
  await client.close()
  equal(trail.count('DATA') + trail.count('BDAT'), 0)
  hidden(secrets, trail.events, error)
  return { error, trail }
}

/** The mechanisms of AUTH, in the order in which they were tried. */
export function tried(trail) {
  return trail
    .commands()
    .filter((line) => line.startsWith('AUTH '))
    .map((line) => line.split(' ')[1])
}

/** Fails when one of these secrets can be seen in what was told: as it is, or as base64, hexadecimal or in a URL. */
export function hidden(secrets, ...told) {
  const text = told.map((one) => inspect(one, { depth: 20, maxArrayLength: null, maxStringLength: null })).join('\n')
  for (const secret of secrets) {
    const octets = Buffer.from(secret)
    // base64 of the secret within something longer: without the characters that hold its neighbours' bits
    const shifted = [0, 1, 2].map((shift) =>
      Buffer.concat([Buffer.alloc(shift), octets])
        .toString('base64')
        .slice(shift === 0 ? 0 : shift + 1, -4),
    )
    for (const form of [secret, octets.toString('hex'), encodeURIComponent(secret), ...shifted]) {
      ok(!text.includes(form), `a secret is shown: ${form.slice(0, 3)}...`)
    }
  }
}
