// The SMTP class of posthorn/compat/ipworks at Postfix: under STARTTLS with a login, by its properties, by octets, out of a folder.
import { deepStrictEqual, equal, match } from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readMessage } from 'posthorn'
import { SMTP } from 'posthorn/compat/ipworks'
import { exactly, letter } from '../letter.mjs'
import { hidden } from '../sending.mjs'

/** A component that logs in at Postfix, for a box of its own; `told` is all its PITrail said. */
function begin(lab, mechanism = SMTP.amUserPassword) {
  const box = lab.box()
  const smtp = new SMTP()
  const told = []
  smtp.mailServer = '127.0.0.1'
  smtp.mailPort = lab.servers.ports.logins
  smtp.sslStartMode = SMTP.sslExplicit
  smtp.config(`SSLServerCACerts=${lab.servers.ca}`)
  smtp.config('Hello=client.posthorn.example')
  smtp.user = lab.credentials.user
  smtp.password = lab.credentials.password
  smtp.authMechanism = mechanism
  smtp.from = `Alice <${box.at('alice')}>`
  smtp.sendTo = box.at('bob')
  smtp.on('PITrail', ({ message }) => told.push(message))
  return { box, smtp, told }
}

/** Sets a letter as it lies: its header in place of the computed one, its body as octets. */
function set(smtp, { content }) {
  const end = content.indexOf('\r\n\r\n')
  smtp.otherHeaders = `\r\n${content.toString('utf8', 0, end)}\r\n`
  smtp.message = content.subarray(end + 4)
}

export const cases = [
  ...[
    ['User and Password', SMTP.amUserPassword],
    ['CRAM-MD5', SMTP.amCRAMMD5],
    ['NTLM', SMTP.amNTLM],
    ['PLAIN', SMTP.amSASLPlain],
    ['DIGEST-MD5', SMTP.amSASLDigestMD5],
  ].map(([name, mechanism]) => ({
    title: `a message by its properties arrives under STARTTLS, logged in by ${name}`,
    async run(lab) {
      const { box, smtp, told } = begin(lab, mechanism)
      smtp.subject = 'Grüße'
      smtp.messageText = '.a line that begins with a dot\r\nund Umlaute: äöü\r\n'
      await smtp.send()
      equal(smtp.connected, false)
      equal(smtp.config('SSLNegotiatedVersion'), 'TLSv1.3')
      await lab.settled()
      const [arrived, ...others] = await box.arrived()
      deepStrictEqual(others, [])
      const { subject, text } = await readMessage(arrived.text)
      deepStrictEqual([subject, text?.trimEnd()], ['Grüße', '.a line that begins with a dot\nund Umlaute: äöü'])
      match(arrived.text, /\(Authenticated sender: alice@posthorn\.example\)/)
      hidden([lab.credentials.password], told, smtp)
    },
  })),
  {
    title: 'a wrong password is 161, and nothing arrives',
    async run(lab) {
      const { box, smtp, told } = begin(lab)
      smtp.password = 'not the right one'
      const error = await smtp.send().then(
        () => undefined,
        (thrown) => thrown,
      )
      equal(error?.code, 161)
      match(smtp.lastReply, /^535 /)
      await lab.settled()
      deepStrictEqual(await box.arrived(), [])
      hidden(['not the right one'], told, error)
    },
  },
  {
    title: 'ten letters over one connection, octet by octet',
    async run(lab) {
      const { box, smtp } = begin(lab)
      const letters = Array.from({ length: 10 }, (_, number) => letter(`letter ${number}\r\n.\r\n..\r\n`))
      await smtp.connect()
      for (const one of letters) {
        set(smtp, one)
        await smtp.send()
      }
      await smtp.disconnect()
      await lab.settled()
      exactly(
        await box.arrived(),
        letters.map((one) => ({ letter: one, recipients: [box.at('bob')] })),
      )
    },
  },
  {
    title: 'a folder filled by one and emptied by two at once: each letter once',
    async run(lab) {
      const { box, smtp } = begin(lab)
      const other = begin(lab).smtp
      const letters = Array.from({ length: 20 }, (_, number) => letter(`letter ${number}\r\n`))
      const folder = await mkdtemp(join(tmpdir(), 'posthorn-component-'))
      try {
        for (const one of letters) {
          set(smtp, one)
          await smtp.queue(folder)
        }
        await Promise.all([smtp.processQueue(folder), other.processQueue(folder)])
        deepStrictEqual(await readdir(folder), [])
      } finally {
        await rm(folder, { recursive: true })
      }
      await lab.settled()
      exactly(
        await box.arrived(),
        letters.map((one) => ({ letter: one, recipients: [box.at('bob')] })),
      )
    },
  },
]
