import { displayMailbox, mailboxesOf } from '@posthorn/mime'
import { invalidArgument } from '../ipworks-error.js'
import { addressesIn } from '../message/mailboxes-in.js'
import { MessageRecipient } from './message-recipient.js'

/**
 * Everybody a message goes to, in the order of RCPT. It is an array, and has the methods of the lists of Java and C#. A string that is put
 * in becomes a recipient of the kind To; what is neither that nor a MessageRecipient is refused with IPWorksError 10022, wherever it is put
 * in; so is whatever would leave a place in it empty. What is made of it (`map`, `filter`, `slice`) is a plain array. What changes inside it
 * counts from the next message on, and for `messageHeadersString` then, too.
 * [ipworks.prop.MessageRecipients]
 */
export class MessageRecipientList extends Array<MessageRecipient> {
  constructor() {
    super()
    const guarded = new Proxy<MessageRecipientList>(this, { defineProperty, deleteProperty })
    PLAIN.set(guarded, this)
    return guarded
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

  /** As an array has it, but all of it or nothing; the places are filled from the front, so that none is empty meanwhile. */
  override splice(...given: [start: number, deleteCount?: number, ...items: MessageRecipient[]]): MessageRecipient[] {
    const after = [...this]
    const [start, deleteCount = 0, ...items] = given
    const removed =
      given.length < 2
        ? after.splice(...(given as [number]))
        : after.splice(start, deleteCount, ...items.map(recipientOf))
    after.forEach((each, index) => (this[index] = each))
    this.length = after.length
    return removed
  }

  override unshift(...recipients: MessageRecipient[]): number {
    this.splice(0, 0, ...recipients)
    return this.length
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

/** What is behind each guarded list: reading it is many times as quick. */
const PLAIN = new WeakMap<MessageRecipientList, readonly MessageRecipient[]>()

/** The entries of a list, for reading: the same array as it changes. */
export function entriesOf(list: MessageRecipientList): readonly MessageRecipient[] {
  return PLAIN.get(list) ?? list // the caller may have put a proxy of his own around it
}

const NAMES: readonly string[] = ['SendTo', 'Cc', 'BCc']

function existing({ length }: MessageRecipientList, index: number): number {
  if (Number.isInteger(index) && index >= 0 && index < length) return index
  throw invalidArgument('The index', `must be a whole number from 0 to ${length - 1}`)
}

/** Everything that is put into an array comes through here: `list[0] = x`, push, splice, fill, `list.length = 3`. */
function defineProperty(list: MessageRecipient[], key: string | symbol, description: PropertyDescriptor): boolean {
  const { length } = list
  if (key === 'length' && Number(description.value) > length)
    throw invalidArgument('MessageRecipients.length', `cannot grow beyond ${length}; add() what is to be there`)
  if (!isNumber(key)) return Reflect.defineProperty(list, key, description)
  const index = Number(key)
  if (!Number.isInteger(index) || index < 0 || index > length)
    throw invalidArgument(`MessageRecipients[${key}]`, `would leave a gap: there are ${length}`)
  const isPresent = index < length && !('value' in description || 'get' in description || 'set' in description)
  if (isPresent) return Reflect.defineProperty(list, key, description)
  return Reflect.defineProperty(list, key, { ...description, value: recipientOf(description.value) })
}

/** The last one goes with its place, as pop and splice want it. */
function deleteProperty(list: MessageRecipient[], key: string | symbol): boolean {
  if (!isNumber(key) || !Object.hasOwn(list, key)) return Reflect.deleteProperty(list, key)
  if (Number(key) !== list.length - 1)
    throw invalidArgument(`MessageRecipients[${key}]`, 'cannot be deleted; take it out with remove()')
  list.length -= 1
  return true
}

function isNumber(key: string | symbol): key is string {
  return typeof key === 'string' && String(Number(key)) === key && key !== 'NaN'
}

function recipientOf(given: unknown): MessageRecipient {
  if (given instanceof MessageRecipient) return given
  if (typeof given === 'string') return new MessageRecipient(given)
  throw invalidArgument('MessageRecipients', 'takes a MessageRecipient, or the text of an address')
}
