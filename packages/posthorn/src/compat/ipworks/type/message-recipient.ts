import { mailboxesOf } from '@posthorn/mime'
import { invalidArgument } from '../ipworks-error.js'
import { addressesIn } from '../message/mailboxes-in.js'
import { choice, text } from '../table/row.js'
import { withPairs } from './pairs.js'

/** Where a recipient stands. The document names the three kinds and gives no numbers. [ipworks.type.MessageRecipient.RecipientType] */
export const RecipientType = Object.freeze({ rtTo: 0, rtCc: 1, rtBcc: 2 } as const)

const ROWS = {
  address: text('', { change: 'send', says: 'The address, `a@b`.', to: 'RCPT, To and Cc' }),
  name: text('', { change: 'send', says: 'The name that stands before it in the header.', to: 'To and Cc' }),
  options: text('', { change: 'send', says: 'Parameters of RCPT: `NOTIFY=SUCCESS,FAILURE`.', to: '`parameters`' }),
  recipientType: choice(RecipientType, 0, { change: 'send', says: 'To, Cc or Bcc.', to: 'the header' }),
} as const

/** What a MessageRecipient has. */
export interface MessageRecipientFields {
  address: string
  name: string
  options: string
  recipientType: number
}

const Pairs = withPairs<MessageRecipientFields>()({
  writable: ['address', 'name', 'options', 'recipientType'],
  constants: RecipientType,
})

/**
 * Somebody the message goes to. Writing a field throws IPWorksError 10022 for what it cannot be; the address is looked at when the message
 * is sent. [ipworks.type.MessageRecipient]
 */
export class MessageRecipient extends Pairs implements MessageRecipientFields {
  #address = ROWS.address.initial()
  #name = ROWS.name.initial()
  #options = ROWS.options.initial()
  #recipientType = ROWS.recipientType.initial()

  /**
   * @param address `a@b` or `Name <a@b>`, whose name goes into `name`
   * @throws {IPWorksError} 10022 when it is not one address
   */
  constructor(address = '', recipientType: number = RecipientType.rtTo) {
    super()
    this.recipientType = recipientType
    const given = ROWS.address.check(address, 'Address')
    const mailboxes = mailboxesOf(addressesIn(given, 'Address'))
    if (mailboxes.length > 1) throw invalidArgument('Address', 'names more than one address')
    this.#address = mailboxes[0]?.address ?? ''
    this.#name = mailboxes[0]?.name ?? ''
  }

  get address(): string {
    return this.#address
  }
  set address(value: string) {
    this.#address = ROWS.address.check(value, 'Address')
  }

  get name(): string {
    return this.#name
  }
  set name(value: string) {
    this.#name = ROWS.name.check(value, 'Name')
  }

  get options(): string {
    return this.#options
  }
  set options(value: string) {
    this.#options = ROWS.options.check(value, 'Options')
  }

  get recipientType(): number {
    return this.#recipientType
  }
  set recipientType(value: number) {
    this.#recipientType = ROWS.recipientType.check(value, 'RecipientType')
  }
}
