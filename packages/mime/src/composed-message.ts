import type { Content } from '@posthorn/ground'
import { headerFields, type HeaderField } from './header/header-fields.js'
import type { MessageHeader } from './header/message-header.js'
import type { Message } from './message.js'

/**
 * Envelope and content as a message. Its header fields are read out of the header section only when somebody asks for them, which a copy
 * (`{ ...message }`, JSON) does, too.
 */
export class ComposedMessage implements Message {
  readonly envelope: Message['envelope']
  readonly content: Content
  readonly messageId: string
  readonly date: Date
  declare readonly headers: readonly HeaderField[]
  declare readonly blindCopies?: readonly Message[]
  readonly #section: string
  #fields: readonly HeaderField[] | undefined

  /** @param section the whole header section, as it stands in the content */
  constructor(
    section: string,
    { messageId, date }: MessageHeader,
    envelope: Message['envelope'],
    content: Content,
    blindCopies?: readonly Message[],
  ) {
    this.envelope = envelope
    this.content = content
    this.messageId = messageId
    this.date = date
    if (blindCopies) this.blindCopies = blindCopies
    this.#section = section
    Object.defineProperty(this, 'headers', HEADERS)
  }

  /** For `headers` alone. */
  static fieldsOf(message: ComposedMessage): readonly HeaderField[] {
    return (message.#fields ??= headerFields(message.#section))
  }
}

/** A property of its own for each message, since those of its class are lost in a copy; one getter for all, since a new one costs more. */
const HEADERS: PropertyDescriptor & ThisType<ComposedMessage> = {
  get() {
    return ComposedMessage.fieldsOf(this)
  },
  enumerable: true,
  configurable: true,
}

/** The envelope of the message, with what it needs of SMTP (RFC 6531 3.4). */
export function envelopeFor(
  reversePath: string,
  recipients: readonly string[],
  smtpUtf8: boolean,
): Message['envelope'] {
  return smtpUtf8 ? { reversePath, recipients, smtpUtf8 } : { reversePath, recipients }
}
