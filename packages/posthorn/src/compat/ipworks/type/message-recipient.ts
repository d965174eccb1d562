import { parseMailbox } from '@posthorn/mime'
import { SettingsError } from '@posthorn/ground'
import { invalidArgument } from '../ipworks-error.js'
import { choice, text } from '../table/row.js'
import { withPairs } from './pairs.js'

/** Where a recipient stands. [ipworks.type.MessageRecipient.RecipientType] */
export const RecipientType = { rtTo: 0, rtCc: 1, rtBcc: 2 } as const

const ROWS = {
  address: text('', { change: 'send', says: 'The address, `a@b`.', to: 'RCPT, and the header' }),
  name: text('', { change: 'send', says: 'The name before it in the header.', to: 'To, Cc' }),
  options: text('', { change: 'send', says: 'Parameters of RCPT, such as `NOTIFY=SUCCESS,FAILURE`.', to: '`dsn`' }),
  recipientType: choice(RecipientType, 0, { change: 'send', says: 'To, Cc or Bcc.', to: 'the header' }),
} as const

/** The fields of a MessageRecipient. */
export interface MessageRecipientFields {
  address: string
  name: string
  options: string
  recipientType: number
}

const FIELDS = ['address', 'name', 'options', 'recipientType'] as const

/** Somebody the message goes to. Writing a field throws IPWorksError 10022 for what it cannot be. [ipworks.type.MessageRecipient] */
export class MessageRecipient
  extends withPairs<MessageRecipientFields>()(FIELDS, FIELDS)
  implements MessageRecipientFields
{
  #address = ROWS.address.initial()
  #name = ROWS.name.initial()
  #options = ROWS.options.initial()
  #recipientType = ROWS.recipientType.initial()

  /**
   * @param address `a@b` or `Name <a@b>`; the name goes into `name`
   * @throws {IPWorksError} 10022 for what is no address
   */
  constructor(address = '', recipientType: number = RecipientType.rtTo) {
    super()
    this.recipientType = recipientType
    const given = ROWS.address.check(address, 'Address')
    if (given.trim() === '') return
    try {
      const mailbox = parseMailbox(given.trim(), 'Address')
      this.#address = mailbox.address
      this.#name = mailbox.name ?? ''
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error
      throw invalidArgument('Address', 'is no address', error)
    }
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
