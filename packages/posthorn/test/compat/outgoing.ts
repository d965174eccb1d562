import { SmtpClient } from '@posthorn/smtp'
import type { SinkMessage, SinkServer } from '@posthorn/testkit'
import type { MessageTerms } from '../../src/compat/ipworks/message/message-parts.js'
import { outgoingMessage, type OutgoingMessage } from '../../src/compat/ipworks/message/outgoing-message.js'
import type { TransferTeller } from '../../src/compat/ipworks/message/transfer-teller.js'
import { MessageRecipient } from '../../src/compat/ipworks/type/message-recipient.js'
import type { ComponentValues } from '../../src/compat/ipworks/values.js'
import { componentValues, type Properties, type Settings } from '../ipworks-road.js'

/** What makes a message the same each time. */
export const FIXED = {
  localName: 'client.example.test',
  now: () => new Date('2026-11-21T10:00:00Z'),
  random: (count: number) => new Uint8Array(count),
} satisfies MessageTerms

/** Who a message of `letterValues` goes to unless a test says otherwise. */
export const TO = new MessageRecipient('b@example.test')

/** Values of a letter from a@example.test, after these were set. */
export function letterValues(
  properties: Properties = {},
  settings: Settings = {},
  recipients: readonly MessageRecipient[] = [TO],
): ComponentValues {
  const values = componentValues({ From: 'a@example.test', ...properties }, settings)
  values.property('MessageRecipients').push(...recipients)
  return values
}

/** A recipient with a name and options. */
export function recipient(address: string, type = 0, name = '', options = ''): MessageRecipient {
  return Object.assign(new MessageRecipient(address, type), { name, options })
}

/** A message that went over a session, and what the server has of it. */
export interface Delivered {
  readonly message: OutgoingMessage
  readonly received: SinkMessage
  /** The content as it arrived, an octet for a character. */
  readonly text: string
  readonly commands: readonly string[]
}

/** Sends what the values describe, in the way the class does. */
export async function delivered(
  sink: SinkServer,
  values: ComponentValues,
  terms: MessageTerms = FIXED,
  teller?: TransferTeller,
): Promise<Delivered> {
  const message = outgoingMessage(values, terms)
  await using client = new SmtpClient({ host: '127.0.0.1', port: sink.port, security: 'none' })
  const session = await client.session()
  await session.send({ envelope: message.envelope, content: message.content(teller) })
  await session.quit()
  const received = sink.ledger.at(-1)!
  return { message, received, text: received.content!.toString('latin1'), commands: sink.sessions.at(-1)!.commands }
}
