import { mailboxesOf } from '@posthorn/mime'
import type { Recipient } from '@posthorn/smtp'
import { invalidArgument, IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'
import { RecipientType } from '../type/message-recipient.js'
import type { ComponentValues } from '../values.js'
import { mailboxesIn } from './mailboxes-in.js'
import { recipientOptions } from './recipient-options.js'

/** Who sends to whom, and what is to be said of it. */
export interface EnvelopeParts {
  readonly reversePath: string
  readonly recipients: readonly (string | Recipient)[]
  /** True when a required recipient stands behind one that is not. */
  readonly keepOrder: boolean
  /** Sentences for PITrail. */
  readonly notes: readonly string[]
}

/**
 * Asks for a sender and a recipient, before anything is connected.
 * @throws {IPWorksError} 164, then 165
 * @source rows ipworks.error.164, ipworks.error.165, ipworks.config.AllowEmptyTo
 */
export function checkRecipients(values: ComponentValues): void {
  if (isBlank(values.property('From'))) throw new IPWorksError(164, `${errorText(164)}: From is empty`)
  const recipients = values.property('MessageRecipients')
  const nobody = recipients.length === 0
  if (!nobody && (values.config('AllowEmptyTo') || recipients.some(isTo))) return
  const problem = nobody ? 'SendTo, Cc and BCc are empty' : 'SendTo is empty, and AllowEmptyTo is False'
  throw new IPWorksError(165, `${errorText(165)}: ${problem}`)
}

/**
 * The envelope that the values describe, its recipients in the order of the list, each once for every entry.
 * @throws {IPWorksError} 10022
 * @source rows ipworks.prop.ReturnPath, ipworks.prop.MessageRecipients, ipworks.behaviour.recipient-errors
 */
export function envelopeParts(values: ComponentValues): EnvelopeParts {
  const notes: string[] = []
  const takesOptions = values.property('AllowExtensions')
  const isRequired = [values.config('StopOnToErrors'), values.config('StopOnCcErrors'), values.config('StopOnBccErrors')]
  let keepOrder = false
  let anyFree = false
  const recipients = values.property('MessageRecipients').map((recipient): string | Recipient => {
    const { address, options, recipientType } = recipient
    const required = isRequired[recipientType] === true
    keepOrder ||= required && anyFree
    anyFree ||= !required
    if (options === '') return required ? { address, required } : address
    const parameters = recipientOptions(options, address)
    if (takesOptions) return { address, required, parameters }
    notes.push(`AllowExtensions is False: the options of ${address} were left out`)
    return { address, required }
  })
  return { reversePath: reversePath(values), recipients, keepOrder, notes }
}

function reversePath(values: ComponentValues): string {
  const returnPath = values.property('ReturnPath').trim()
  if (returnPath === '<>') return ''
  const name = returnPath === '' ? 'From' : 'ReturnPath'
  const mailboxes = mailboxesOf(mailboxesIn(returnPath === '' ? values.property('From') : returnPath, name))
  const first = mailboxes[0]
  if (first === undefined || (name === 'ReturnPath' && mailboxes.length > 1)) throw invalidArgument(name, 'must be one address')
  return first.address
}

export function isBlank(text: string): boolean {
  return text === '' || text.trim() === ''
}

const isTo = ({ recipientType }: { readonly recipientType: number }) => recipientType === RecipientType.rtTo
