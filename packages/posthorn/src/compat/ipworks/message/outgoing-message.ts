import type { Content } from '@posthorn/ground'
import { headerFields } from '@posthorn/mime/header'
import type { Envelope } from '@posthorn/smtp'
import { silenceMs } from '../road/socket-options.js'
import { Header } from '../type/header.js'
import { HeaderList } from '../type/header-list.js'
import type { ComponentValues } from '../values.js'
import { memoryContent } from './memory-content.js'
import { isWhole, shownText } from './message-body.js'
import { checkRecipients, envelopeOf } from './message-envelope.js'
import { messageParts, type MessageParts, type MessageTerms } from './message-parts.js'
import { StreamContent } from './stream-content.js'
import type { TransferTeller } from './transfer-teller.js'

/** A message on its way: what the values described when it was made. */
export interface OutgoingMessage {
  readonly envelope: Envelope
  /** The header section as it goes out, with its empty line. */
  readonly header: string
  /** Sentences for PITrail. */
  readonly notes: readonly string[]
  /**
   * Header and body for the engine. A body in memory goes at once, unless somebody wants to be told: then it goes block by block. A stream
   * can be opened once only.
   */
  content(teller?: TransferTeller): Content
  /**
   * True when the body is canonical, so that `envelope.asIs` changes nothing. A `Message` is looked at for it; a stream is not, and never
   * known to be.
   */
  isWhole(): boolean
  /**
   * The body as it went, before dots are doubled, such that `header` and this are the payload: as text when it is UTF-8, else with each octet
   * as the character of its number (latin1). '' for a stream above 1 MB, or one that was not read to its end.
   */
  transferText(): string
}

/**
 * The message that the values describe, complete. The values may change afterwards; the octets of `Message` are not copied.
 * @throws {IPWorksError} 164, 165, 434, 10022
 * @source rows ipworks.behaviour.body-precedence, ipworks.behaviour.header-order, ipworks.behaviour.header-override
 */
export function outgoingMessage(values: ComponentValues, terms: MessageTerms): OutgoingMessage {
  checkRecipients(values)
  const { stream } = terms
  const parts = messageParts(values, terms)
  const made = envelopeOf(values, { verb: terms.verb, asIs: stream !== undefined || !parts.body.canonical })
  const notes = parts.notes.length === 0 ? made.notes : [...made.notes, ...parts.notes]
  if (!stream) return new InMemory(made.envelope, notes, parts)
  const content = new StreamContent(parts, stream, {
    staysOpen: !values.config('CloseStreamAfterTransfer'),
    limitMs: silenceMs(values),
    signal: terms.signal,
  })
  return new Streamed(made.envelope, notes, parts.header, content)
}

class InMemory implements OutgoingMessage {
  readonly envelope: Envelope
  readonly notes: readonly string[]
  readonly header: string
  readonly #parts: MessageParts

  constructor(envelope: Envelope, notes: readonly string[], parts: MessageParts) {
    this.envelope = envelope
    this.notes = notes
    this.header = parts.header
    this.#parts = parts
  }

  content(teller?: TransferTeller): Content {
    return memoryContent(this.#parts, teller)
  }

  isWhole(): boolean {
    return isWhole(this.#parts.body)
  }

  transferText(): string {
    return shownText(this.#parts.body.octets)
  }
}

class Streamed implements OutgoingMessage {
  readonly envelope: Envelope
  readonly notes: readonly string[]
  readonly header: string
  readonly #content: StreamContent

  constructor(envelope: Envelope, notes: readonly string[], header: string, content: StreamContent) {
    this.envelope = envelope
    this.notes = notes
    this.header = header
    this.#content = content
  }

  content(teller?: TransferTeller): Content {
    return this.#content.told(teller)
  }

  isWhole(): boolean {
    return false
  }

  transferText(): string {
    return this.#content.text()
  }
}

/**
 * The header section that the next message gets, with its empty line: with the date and the Message-ID of this moment.
 * @throws {IPWorksError} 434, 10022
 * @source row ipworks.prop.MessageHeadersString
 */
export function headerSection(values: ComponentValues, terms: MessageTerms): string {
  return messageParts(values, terms).header
}

/** The fields of a header section, unfolded. [ipworks.prop.MessageHeaders] */
export function headersOf(section: string): HeaderList {
  const fields = section.endsWith('\r\n\r\n') ? section.slice(0, -2) : section
  const list = new HeaderList()
  if (fields !== '\r\n') for (const { name, value } of headerFields(fields)) list.push(new Header(name, value))
  return list
}
