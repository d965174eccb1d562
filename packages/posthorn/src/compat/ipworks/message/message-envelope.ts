import type { Envelope, Recipient } from '@posthorn/smtp'
import { invalidArgument, IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'
import { RecipientType, type MessageRecipient } from '../type/message-recipient.js'
import { entriesOf } from '../type/message-recipient-list.js'
import type { ComponentValues } from '../values.js'
import { isBlank, mailboxesIn } from './mailboxes-in.js'
import { recipientOptions } from './recipient-options.js'

/** What the values do not say of the envelope. */
export interface EnvelopeTerms {
  /** Default MAIL. */
  readonly verb?: Envelope['verb'] | undefined
  /** The content is not to be repaired where that can be. It is so for every stream, and for every `Message`, which nobody has looked at. */
  readonly asIs: boolean
}

/**
 * Asks for a sender and a recipient, before anything is connected.
 * @throws {IPWorksError} 164, then 165
 * @source rows ipworks.error.164, ipworks.error.165, ipworks.config.AllowEmptyTo
 */
export function checkRecipients(values: ComponentValues): void {
  if (isBlank(values.property('From'))) throw new IPWorksError(164, `${errorText(164)}: From is empty`)
  const recipients = entriesOf(values.property('MessageRecipients'))
  const nobody = recipients.length === 0
  if (!nobody && (hasTo(recipients) || values.config('AllowEmptyTo'))) return
  const problem = nobody ? 'SendTo, Cc and BCc are empty' : 'SendTo is empty, and AllowEmptyTo is False'
  throw new IPWorksError(165, `${errorText(165)}: ${problem}`)
}

/**
 * The envelope that the values describe, its recipients in the order of the list, each once for every entry; and sentences for PITrail.
 * @throws {IPWorksError} 10022
 * @source rows ipworks.prop.ReturnPath, ipworks.prop.MessageRecipients, ipworks.behaviour.recipient-errors
 */
export function envelopeOf(
  values: ComponentValues,
  { verb, asIs }: EnvelopeTerms,
): { readonly envelope: Envelope; readonly notes: readonly string[] } {
  const isRequired = [
    values.config('StopOnToErrors'),
    values.config('StopOnCcErrors'),
    values.config('StopOnBccErrors'),
  ]
  const recipients: (string | Recipient)[] = []
  let notes = NO_NOTES
  let keepOrder = false
  let anyFree = false
  for (const { address, options, recipientType } of entriesOf(values.property('MessageRecipients'))) {
    const required = isRequired[recipientType] === true
    if (!required) anyFree = true
    else if (anyFree) keepOrder = true
    if (options === '') recipients.push(required ? { address, required } : address)
    else if (values.property('AllowExtensions')) {
      recipients.push({ address, required, parameters: recipientOptions(options, address) })
    } else {
      recipients.push({ address, required })
      notes = [...notes, `AllowExtensions is False: the options of ${address} were left out`]
    }
  }
  const envelope: Mutable<Envelope> = { reversePath: reversePath(values), recipients }
  if (keepOrder) envelope.keepOrder = keepOrder
  if (asIs) envelope.asIs = asIs
  if (verb !== undefined && verb !== 'MAIL') envelope.verb = verb
  return { envelope, notes }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
const NO_NOTES: readonly string[] = []

function reversePath(values: ComponentValues): string {
  const returnPath = values.property('ReturnPath').trim()
  if (returnPath === '') return mailboxesIn(values.property('From'), 'From')[0]?.address ?? ''
  if (returnPath === '<>') return ''
  const [mailbox, ...others] = mailboxesIn(returnPath, 'ReturnPath')
  if (mailbox && others.length === 0) return mailbox.address
  throw invalidArgument('ReturnPath', 'must be one address, or <> for none')
}

function hasTo(recipients: readonly MessageRecipient[]): boolean {
  for (const { recipientType } of recipients) if (recipientType === RecipientType.rtTo) return true
  return false
}
