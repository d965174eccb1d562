import type { Draft } from '@posthorn/mime'
import type { Profile } from '@posthorn/settings'
import { SinkServer, type SinkOptions } from '@posthorn/testkit'
import type { Mail } from '../src/mail.js'
import { Mailer } from '../src/mailer.js'
import type { MailSendOptions } from '../src/mail-send-options.js'

export const DRAFT = { from: 'a@example.test', to: 'b@example.test', subject: 'Hi', text: 'Hello\n' } satisfies Draft

export const anna = new URL('../../../examples/certificates/anna-with-key.pem', import.meta.url)
export const bruno = new URL('../../../examples/certificates/bruno.pem', import.meta.url)

/** What arrives of one message, as header fields by name and as commands. */
export async function sent(
  profile: Omit<Profile, 'relay' | 'security'>,
  mail: Mail = DRAFT,
  { offers = {}, ...options }: MailSendOptions & { offers?: SinkOptions } = {},
) {
  await using sink = await SinkServer.start({ keepContent: true, ...offers })
  const relay = { host: '127.0.0.1', port: sink.port }
  await using mailer = new Mailer({ ...profile, relay, security: 'none' })
  const receipt = await mailer.send(mail, options)
  const [message] = sink.ledger
  const text = message!.content!.toString()
  const section = text.slice(0, text.indexOf('\r\n\r\n')).replaceAll('\r\n ', ' ')
  const fields = Object.fromEntries(section.split('\r\n').map((line) => line.split(/: ?(.*)/s) as [string, string]))
  const commands = sink.sessions[0]!.commands.filter((line) => /^(?:MAIL|RCPT)/.test(line))
  return { receipt, message: message!, text, section, fields, commands }
}

/** A server that refuses recipients whose RCPT fits. */
export const refusedBy = (pattern: RegExp): SinkOptions => ({
  replyTo: (verb, argument) => (verb === 'RCPT' && pattern.test(argument) ? '550 5.1.1 no' : undefined),
})

/** What such a send fails with. */
export async function failure(
  profile: Omit<Profile, 'relay' | 'security'>,
  mail?: Mail,
  options?: MailSendOptions & { offers?: SinkOptions },
) {
  return sent(profile, mail, options).then(
    () => {
      throw new Error('it was sent')
    },
    (error: unknown) => error as Record<string, unknown>,
  )
}
