import type { Envelope } from '@posthorn/smtp'
import type { ComponentValues } from '../values.js'
import { asComponentError } from './as-component-error.js'
import type { BodyStream } from './body-stream.js'
import { messageBody, NO_BODY, type MessageBody } from './message-body.js'
import { fieldStyleOf, messageFields, type FieldTerms } from './message-fields.js'
import { otherHeaders, type OtherHeaders } from './other-headers.js'

/** What a message takes beside the values. */
export interface MessageTerms extends FieldTerms {
  /** The body in place of `Message` and `MessageText`. It is read once. */
  readonly stream?: BodyStream | undefined
  /** Aborted when nobody wants more of the stream. */
  readonly signal?: AbortSignal | undefined
  /** Default MAIL. */
  readonly verb?: Envelope['verb'] | undefined
}

/** A message before it is put together. */
export interface MessageParts {
  /** With its empty line. */
  readonly header: string
  /** The header section is UTF-8 outside ASCII. */
  readonly utf8: boolean
  /** What there is in memory; empty with a stream. */
  readonly body: MessageBody
  /** Sentences for PITrail. */
  readonly notes: readonly string[]
}

const NO_NOTES: readonly string[] = []

/**
 * Header and body. Where `OtherHeaders` begins with an empty line there are no fields but its own, also not those that say how a text was
 * encoded: such a text goes as UTF-8.
 * @throws {IPWorksError} 434, 10022
 */
export function messageParts(values: ComponentValues, terms: MessageTerms): MessageParts {
  try {
    const style = fieldStyleOf(values)
    const other = otherHeaders(values.property('OtherHeaders'), style)
    const { names } = other
    const ofBody = other.replacesAll || names.some((name) => name.startsWith('content-'))
    const body = terms.stream ? NO_BODY : messageBody(values, { ofBody, mimeVersion: names.includes('mime-version') })
    if (other.replacesAll) return { header: `${other.section}\r\n`, utf8: false, body, notes: NO_NOTES }
    const { text, utf8 } = messageFields(values, style, terms)
    const computed = text + body.fields
    return { header: `${computed}${other.section}\r\n`, utf8, body, notes: notesOn(other, computed) }
  } catch (error) {
    throw asComponentError(error)
  }
}

/** What may surprise the caller in his fields. [ipworks.prop.OtherHeaders] */
function notesOn({ names }: OtherHeaders, computed: string): readonly string[] {
  if (names.length === 0) return NO_NOTES
  const lower = `\r\n${computed.toLowerCase()}`
  const notes: string[] = []
  for (const name of new Set(names)) {
    if (lower.includes(`\r\n${name}:`)) notes.push(`OtherHeaders repeats ${name}: the message has both`)
    if (name === 'bcc') notes.push('OtherHeaders has a field bcc: every recipient can read it')
  }
  return notes
}
