import { displayMailbox, mailboxesOf } from '@posthorn/mime'
import { invalidArgument } from '../ipworks-error.js'
import { addressesIn } from '../message/mailboxes-in.js'
import { MessageRecipient } from './message-recipient.js'

/**
 * Everybody a message goes to, in the order of RCPT. It is an array, and has the methods of the lists of Java and C#. A string that is put
 * in becomes a recipient of the kind To; what is neither that nor a MessageRecipient is refused with IPWorksError 10022, wherever it is put
 * in. What is made of it (`map`, `filter`, `slice`) is a plain array. [ipworks.prop.MessageRecipients]
 */
export class MessageRecipientList extends Array<MessageRecipient> {
  constructor() {
    super()
    return new Proxy<MessageRecipientList>(this, { defineProperty })
  }

  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  get count(): number {
    return this.length
  }

  size(): number {
    return this.length
  }

  isEmpty(): boolean {
    return this.length === 0
  }

  /** @throws {IPWorksError} 10022 when there is none */
  get(index: number): MessageRecipient {
    return this[existing(this, index)]!
  }

  /** Puts one in the place of another, which is returned. @throws {IPWorksError} 10022 */
  set(index: number, recipient: MessageRecipient | string): MessageRecipient {
    const before = this.get(index)
    this[index] = recipientOf(recipient)
    return before
  }

  /** Puts one at the end. @throws {IPWorksError} 10022 */
  add(recipient: MessageRecipient | string): boolean {
    this.push(recipientOf(recipient))
    return true
  }

  /** Puts one before that with this index, or at the end. @throws {IPWorksError} 10022 */
  insert(index: number, recipient: MessageRecipient | string): void {
    if (index !== this.length) existing(this, index)
    this.splice(index, 0, recipientOf(recipient))
  }

  /** Takes one out and returns it. @throws {IPWorksError} 10022 when there is none */
  remove(index: number): MessageRecipient {
    return this.splice(existing(this, index), 1)[0]!
  }

  clear(): void {
    this.length = 0
  }

  /**
   * Puts every address of a text at the end: `Ann <a@b>, c@d`, and members of groups; or none when one of them cannot be read.
   * [ipworks.prop.SendTo]
   * @throws {IPWorksError} 10022
   */
  append(addresses: string, type: number): void {
    const added = mailboxesOf(addressesIn(addresses, NAMES[type] ?? 'addresses')).map(({ address, name = '' }) => {
      const recipient = new MessageRecipient('', type)
      recipient.address = address
      recipient.name = name
      return recipient
    })
    for (const each of added) this.push(each)
  }

  /** Those of one kind as a text that `append` reads. [ipworks.prop.SendTo] */
  joined(type: number): string {
    const own = this.filter(({ recipientType }) => recipientType === type)
    return own
      .map(({ address, name }) =>
        displayMailbox({ name, address, domain: address.slice(address.lastIndexOf('@') + 1) }),
      )
      .join(', ')
  }
}

const NAMES: readonly string[] = ['SendTo', 'Cc', 'BCc']

function existing({ length }: MessageRecipientList, index: number): number {
  if (Number.isInteger(index) && index >= 0 && index < length) return index
  throw invalidArgument('The index', `must be a whole number from 0 to ${length - 1}`)
}

/** Everything that is put into an array comes through here: `list[0] = x`, push, splice, fill. */
function defineProperty(list: object, key: string | symbol, description: PropertyDescriptor): boolean {
  const isElement = typeof key === 'string' && /^\d+$/.test(key) && 'value' in description
  return Reflect.defineProperty(
    list,
    key,
    isElement ? { ...description, value: recipientOf(description.value) } : description,
  )
}

function recipientOf(given: unknown): MessageRecipient {
  if (given instanceof MessageRecipient) return given
  if (typeof given === 'string') return new MessageRecipient(given)
  throw invalidArgument('MessageRecipients', 'takes a MessageRecipient, or the text of an address')
}
