import { displayMailbox, parseMailboxList } from '@posthorn/mime'
import { MessageRecipient } from './message-recipient.js'

/** Everybody the message goes to, in order. */
export class MessageRecipientList extends Array<MessageRecipient> {
  constructor() {
    super()
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

  get(index: number): MessageRecipient {
    return this[index]!
  }

  set(index: number, recipient: MessageRecipient | string): MessageRecipient {
    const before = this[index]!
    this[index] = recipientOf(recipient)
    return before
  }

  add(recipient: MessageRecipient | string): boolean {
    this.push(recipientOf(recipient))
    return true
  }

  insert(index: number, recipient: MessageRecipient | string): void {
    this.splice(index, 0, recipientOf(recipient))
  }

  remove(index: number): MessageRecipient {
    return this.splice(index, 1)[0]!
  }

  clear(): void {
    this.length = 0
  }

  append(addresses: string, type: number): void {
    if (addresses.trim() === '') return
    for (const { address, name } of parseMailboxList(addresses, 'SendTo')) {
      const recipient = new MessageRecipient(address, type)
      recipient.name = name ?? ''
      this.push(recipient)
    }
  }

  joined(type: number): string {
    return this.filter(({ recipientType }) => recipientType === type)
      .map(({ address, name }) => (name === '' ? address : displayMailbox({ name, address, domain: '' })))
      .join(', ')
  }
}

function recipientOf(value: MessageRecipient | string): MessageRecipient {
  return typeof value === 'string' ? new MessageRecipient(value) : value
}
