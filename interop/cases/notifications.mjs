// DSN parameters (RFC 3461): what was asked for comes back to the sender.
import { deepStrictEqual, doesNotMatch, equal, match } from 'node:assert/strict'
import { sendFailure } from '../expectation.mjs'
import { letter } from '../letter.mjs'

export const cases = [
  { by: 'DATA', options: { chunking: 'off' } },
  { by: 'BDAT', options: {} },
  { by: 'BDAT in flight', options: { pool: { pipelineDepth: 16 } } },
].flatMap(({ by, options }) => [
  {
    title: `success: comes back with our ENVID and ORCPT, by ${by}`,
    async run(lab) {
      const { reports } = await send(lab, options, {
        envelopeId: 'order 4711+2=x',
        recipients: [
          ['bob', { notify: ['success'] }],
          [
            'carol',
            { notify: ['success', 'failure'], originalRecipient: { type: 'rfc822', address: 'c+d@old.example' } },
          ],
          ['dave', {}],
        ],
      })
      const all = reports.join('\n')
      match(all, /^Action: delivered$/m)
      match(all, /^Original-Envelope-Id: order 4711\+2=x$/m)
      match(all, /^Original-Recipient: rfc822; ?bob@box/m)
      match(all, /^Original-Recipient: rfc822; ?c\+d@old\.example$/m)
      doesNotMatch(all, /^Final-Recipient: rfc822; ?dave@/m)
    },
  },
  {
    title: `failure: comes back with the header only (RET=HDRS), or in full, by ${by}`,
    async run(lab) {
      const failed = { recipients: [['lost', { notify: ['failure'] }]] }
      const short = await send(lab, options, { ...failed, ret: 'headers', envelopeId: 'short' })
      const full = await send(lab, options, { ...failed, ret: 'full', envelopeId: 'full' })
      deepStrictEqual([short.reports.length, full.reports.length], [1, 1])
      match(short.reports[0], /^Action: failed$/m)
      match(short.reports[0], /^Original-Envelope-Id: short$/m)
      match(short.reports[0], /^Status: 5\.1\.1$/m)
      match(short.reports[0], new RegExp(short.marker))
      doesNotMatch(short.reports[0], /This is the body\./)
      match(full.reports[0], /This is the body\./)
    },
  },
  {
    title: `never: nothing comes back, by ${by}`,
    async run(lab) {
      const { reports } = await send(lab, options, { recipients: [['lost', { notify: ['never'] }]] })
      equal(reports.length, 0)
    },
  },
])

cases.push({
  title: 'a server without DSN: refused before MAIL, unless only preferred',
  async run(lab) {
    const box = lab.box()
    const client = lab.client('poor')
    const submission = (notify) => ({
      envelope: { reversePath: box.at('alice'), recipients: [{ address: box.at('bob'), notify }] },
      content: letter().content,
    })
    const error = await sendFailure(client.send(submission(['success'])), 'extension.missing', ['notSent'])
    equal(error.field, 'envelope.recipients[0].notify')
    await client.send(submission({ prefer: ['success'] }))
    await lab.settled()
    equal((await box.arrived()).length, 1)
  },
})

/** Sends one letter and waits until Postfix is done with it; gives the notifications that came back to the sender. */
async function send(lab, options, { recipients, ...parameters }) {
  const box = lab.box()
  const { marker, content } = letter('This is the body.\r\n')
  const envelope = {
    reversePath: box.at('alice'),
    recipients: recipients.map(([name, given]) => ({ address: box.at(name), ...given })),
    ...parameters,
  }
  await lab.client('mx', options).send({ envelope, content })
  await lab.settled()
  const arrived = await box.arrived()
  return { marker, reports: arrived.filter(({ recipient }) => recipient === box.at('alice')).map(({ text }) => text) }
}
