import { SettingsError } from '@posthorn/ground'
import type { Access } from './access.js'
import { bodyOf } from './body/body.js'
import { closeStreams, streamsOf } from './body/draft-streams.js'
import { Stop } from './body/stop.js'
import { ComposedMessage, envelopeFor } from './composed-message.js'
import type { DkimOptions } from './dkim/options.js'
import type { Draft } from './draft.js'
import { DEFAULT_STYLE, fieldStyle, UTF8_STYLE } from './header/field-style.js'
import { isAscii } from './header/field-text.js'
import { messageHeader } from './header/message-header.js'
import type { MessageIdAlgorithm } from './header/message-id.js'
import { openContent } from './message-content.js'
import type { Message } from './message.js'
import { ownDraft } from './own-draft.js'
import { ownOptions, type OwnOptions } from './own-options.js'
import { partiesOf } from './parties.js'
import { randomFromBlock, type RandomOctets } from './random-block.js'
import { refusalWithin } from './refusal.js'
import { sealedMessage } from './sealed-message.js'
import type { SmimeOptions } from './smime/options.js'

/** What composing takes from the world outside, and what is done to every message. An option that is undefined is absent. */
export interface ComposeOptions {
  /** Which files and URLs a draft may name. Default `openAccess`. */
  readonly access?: Access | undefined
  readonly smime?: SmimeOptions | undefined
  readonly dkim?: DkimOptions | readonly DkimOptions[] | undefined
  /**
   * Header fields are folded so as to have no more characters on a line than this where they can be: 20 to 998. Default 76; a line with
   * an encoded-word never has more (RFC 2047 2). False: one line each, up to 998 octets. Date and other fields of a fixed form stay on one
   * line, and the fields that S/MIME adds keep to 76.
   */
  readonly foldAt?: number | false | undefined
  /**
   * The charset of texts and header fields that are not ASCII, such as ISO-8859-1. A text it lacks a character of goes as UTF-8. Default
   * utf-8. Names of files are always UTF-8: who reads RFC 2231 reads UTF-8, too.
   */
  readonly charset?: string | undefined
  /**
   * True: header fields that are not ASCII go as they are (RFC 6532), and the message needs SMTPUTF8 then. A local part in the header that
   * is not ASCII asks for it by itself.
   */
  readonly utf8Headers?: boolean | undefined
  /** The left side of a new Message-ID is the hash of random octets in hexadecimal digits: 64, 40 or 32 of them. Default `sha256`. */
  readonly messageIdAlgorithm?: MessageIdAlgorithm | undefined
  /** A draft without a recipient is refused unless this is true: for messages that are shown or stored. */
  readonly allowNoRecipients?: boolean | undefined
  /**
   * Ends composing: a source that stalls is waited for no longer, what was put on disk is removed, and the streams of the draft are closed.
   * When composing is over it has no effect; a send takes a signal of its own.
   */
  readonly signal?: AbortSignal | undefined
  /** The clock, for a draft without a date. */
  readonly now?: (() => Date) | undefined
  /** Random octets for the Message-ID and the boundaries; default from `node:crypto`. */
  readonly randomOctets?: RandomOctets | undefined
}

const clock = () => new Date()

/**
 * Makes a message of a draft (RFC 5322, MIME). What cannot stand in a header field is refused and never cleaned, so no value of a
 * draft can add a field or end a line; of the draft and the options only their own properties count, and one that is not known is refused.
 * Files are looked at for their size and read only when the content is opened. When it throws, the streams of the draft are closed.
 * @throws {PosthornError} `aborted`; the reason of the signal itself when that is an error of Posthorn
 * @throws {SettingsError} with phase `compose` and the field that is wrong: `draft.*`, `address.*`, `attachment.*`, `content.*`,
 * `compose.*` for an option, `smime.*`, `certificate.*`, `dkim.*`
 * @source RFC 5322 3.6; RFC 2045 to 2047; RFC 2231; RFC 6532; RFC 2387
 */
export async function compose(draft: Draft, given?: ComposeOptions): Promise<Message> {
  const streams = streamsOf(draft) // before anything can throw
  try {
    return await composed(draft, given)
  } catch (error) {
    if (streams) closeStreams(streams)
    throw error
  }
}

async function composed(draft: Draft, given: ComposeOptions | undefined): Promise<Message> {
  const options = ownOptions(given)
  const { access, smime, dkim, foldAt, charset, now = clock, randomOctets: random = randomFromBlock } = options
  const own = ownDraft(draft)
  const parties = partiesOf(own, options.allowNoRecipients)
  const utf8 = parties.utf8Header || options.utf8Headers === true
  const plain = foldAt === undefined && charset === undefined
  const style = plain ? (utf8 ? UTF8_STYLE : DEFAULT_STYLE) : await fieldStyle(foldAt, utf8, charset)
  const { messageIdAlgorithm = 'sha256' } = options
  const header = messageHeader(own, parties, { style, random, now, messageIdAlgorithm })
  const nested = (inner: Draft, path: string) => composeNested(inner, path, options)
  const stop = options.signal && new Stop(options.signal)
  const body = await bodyOf(own, { random, access, charset, style, stop, compose: nested })
  const release = body.release && (() => body.release?.())
  try {
    const part = body.render(body.narrowest ?? '7bit')
    if (smime || dkim) {
      const sealing = { random, now, ...(smime && { smime }), ...(dkim && { dkim }), ...(release && { release }) }
      return await sealedMessage(header, parties, part, sealing)
    }
    const utf8Header = utf8 && !isAscii(header.text)
    const content = openContent(header.text, body, part, utf8Header, release)
    const recipients = parties.blind.length === 0 ? parties.visible : [...parties.visible, ...parties.blind]
    const envelope = envelopeFor(parties.sender.address, recipients, utf8Header || parties.utf8Envelope)
    return new ComposedMessage(header.text + part.fields, header, envelope, content)
  } catch (error) {
    release?.()
    throw error
  } finally {
    stop?.end()
  }
}

async function composeNested(draft: Draft, path: string, options: OwnOptions): Promise<Message> {
  try {
    return await compose(draft, nestedOptions(options))
  } catch (error) {
    throw error instanceof SettingsError && error.code !== 'aborted' ? refusalWithin(error, path) : error
  }
}

/** For a draft that goes along as a message: it is neither signed nor encrypted by itself, and may be without recipients. */
function nestedOptions(options: OwnOptions): ComposeOptions {
  const { access, foldAt, charset, utf8Headers, messageIdAlgorithm, now, randomOctets, signal } = options
  return {
    allowNoRecipients: true,
    access,
    foldAt,
    charset,
    utf8Headers,
    messageIdAlgorithm,
    now,
    randomOctets,
    signal,
  }
}
