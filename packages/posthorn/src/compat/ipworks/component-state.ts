import { hostname } from 'node:os'
import type { PropertyAccess } from './accessors.js'
import type { Configured } from './config.js'
import { EventQueue } from './event-queue.js'
import type { Link } from './link.js'
import type { BodyStream } from './message/body-stream.js'
import { headersOf, headerSection, type OutgoingMessage } from './message/outgoing-message.js'
import { nothingRemembered } from './remembered.js'
import { replyLines } from './reply-lines.js'
import { localName } from './road/hello.js'
import type { ComponentEvents } from './table/events.js'
import { PROPERTIES, SSLStartMode, type PropertyName } from './table/properties.js'
import { RecipientType } from './type/message-recipient.js'
import { ComponentValues } from './values.js'

/** What one component is at this moment: its settings, its connection, and what the last message left behind. */
export class ComponentState implements PropertyAccess {
  readonly events = new EventQueue<ComponentEvents>()
  readonly values = new ComponentValues(() => this.link?.isOpen === true || this.link?.isOpening === true)
  remembered = nothingRemembered()
  link: Link | undefined
  /** The method that is at work. */
  busy: string | undefined
  /** The body of the next message, in place of what is set. */
  stream: BodyStream | undefined
  /** The last message that was sent. */
  last: OutgoingMessage | undefined
  /** Its header, until something of the next message is set. */
  lastHeader: string | undefined

  /** What `config()` reads and writes. */
  get configured(): Configured {
    return {
      values: this.values,
      tls: this.remembered.tls,
      socket: this.link?.isOpen ? this.link.session.socket : undefined,
      messageChanges: () => (this.lastHeader = undefined),
      transferText: () => this.last?.transferText() ?? '',
      read: (name) => this.read(name),
      write: (name, value) => this.write(name, value),
    }
  }

  /** As `reset()` leaves it. The connection is not ended. */
  forget(): void {
    this.values.reset()
    this.remembered = nothingRemembered()
    this.stream = undefined
    this.last = undefined
    this.lastHeader = undefined
  }

  /** What a property is now. */
  read(name: PropertyName): unknown {
    switch (name) {
      case 'SendTo':
        return this.#recipients(RecipientType.rtTo)
      case 'Cc':
        return this.#recipients(RecipientType.rtCc)
      case 'BCc':
        return this.#recipients(RecipientType.rtBcc)
      case 'Connected':
        return this.link?.isOpen === true
      case 'Idle':
        return this.busy === undefined
      case 'LastReply':
        return this.remembered.lastReply ? replyLines(this.remembered.lastReply).join('\r\n') : ''
      case 'LocalHost':
        return this.link?.isOpen ? this.link.session.socket.localAddress : this.values.property(name) || hostname()
      case 'MessageHeaders':
        return headersOf(this.#nextHeader())
      case 'MessageHeadersString':
        return this.lastHeader ?? this.#nextHeader()
      case 'SSLEnabled':
        return this.values.property('SSLStartMode') !== SSLStartMode.sslNone
      case 'SSLServerCert':
        return this.remembered.serverCertificate
      default:
        return this.values.property(name)
    }
  }

  /** @throws {IPWorksError} 10022; 100, 101, 107 while connected */
  write(name: PropertyName, value: unknown): void {
    const { row } = PROPERTIES[name]
    if (row.change === 'send') this.lastHeader = undefined
    switch (name) {
      case 'SendTo':
        return this.values.property('MessageRecipients').append(text(value, name), RecipientType.rtTo)
      case 'Cc':
        return this.values.property('MessageRecipients').append(text(value, name), RecipientType.rtCc)
      case 'BCc':
        return this.values.property('MessageRecipients').append(text(value, name), RecipientType.rtBcc)
      case 'SSLEnabled': {
        const isEnabled = this.values.property('SSLStartMode') !== SSLStartMode.sslNone
        const wanted = row.check(value, name)
        if (wanted !== isEnabled)
          this.values.setProperty('SSLStartMode', wanted ? SSLStartMode.sslAutomatic : SSLStartMode.sslNone)
        return
      }
      default:
        return this.values.setProperty(name, value)
    }
  }

  #recipients(type: number): string {
    return this.values.property('MessageRecipients').joined(type)
  }

  #nextHeader(): string {
    return headerSection(this.values, { stream: this.stream, localName: localName(this.values.config('Hello')) ?? '' })
  }
}

function text(value: unknown, name: PropertyName): string {
  return PROPERTIES[name].row.check(value, name) as string
}
