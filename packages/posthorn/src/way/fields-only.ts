import { SettingsError, type Content, type ContentEncoding } from '@posthorn/ground'
import { fieldText, unstructuredField, type ExtraField, type Message } from '@posthorn/mime'
import type { Profile } from '@posthorn/settings'
import type { ReadyMessage } from '../mail.js'

/** Puts the fields of a profile in place of those of a message. */
export type FieldsOnly = (message: Message) => Promise<ReadyMessage>

/** No header section that composing makes comes near. */
const MAX_HEADER_OCTETS = 10_000_000
const END_OF_HEADER = Buffer.from('\r\n\r\n')

/**
 * What `headers.fieldsOnly` does to a message: only the fields of the profile remain, and of those of the body what its reader cannot do
 * without: all of them unless it is a text in US-ASCII, which needs none (RFC 2045 5.2). Envelope and body stay as they are.
 * @throws {SettingsError} `settings.header-field` for a field that belongs to the body; `settings.rule` beside DKIM, whose signature would
 * be among the fields that are taken out
 * @source ILLiad and IPWorks, OtherHeaders that begin with an empty line
 */
export function fieldsOnlyOf({ headers = {}, dkim }: Profile): FieldsOnly | undefined {
  if (headers.fieldsOnly !== true) return undefined
  if (dkim !== undefined && dkim.length > 0) {
    throw new SettingsError(
      'settings.rule',
      'headers.fieldsOnly',
      'stands beside dkim, which signs a header it takes away',
      {
        hint: 'Leave one of them out.',
      },
    )
  }
  const fields = headers.fields ?? []
  const own = fields.map(fieldLine).join('')
  const messageId = fields.find(({ name }) => name.toLowerCase() === 'message-id')?.value.trim()
  return (message) => withOnly(message, own, messageId)
}

async function withOnly(message: Message, own: string, messageId: string | undefined): Promise<ReadyMessage> {
  const blindCopies =
    message.blindCopies && (await Promise.all(message.blindCopies.map((each) => withOnly(each, own, messageId))))
  return {
    envelope: message.envelope,
    content: rewritten(message.content, own, await headerOctets(message.content)),
    ...(messageId === undefined ? {} : { messageId }),
    ...(blindCopies ? { blindCopies } : {}),
  }
}

/** The content with another header section. The length of the old one is known for the content that is sent as it is. */
function rewritten(content: Content, own: string, old: Uint8Array | undefined): Content {
  const { octets, sizeOctets, canonical, encoding } = content
  const head = old && newHeader(old, own)
  const other = (to: Content) => rewritten(to, own, to.octets && sectionOf(to.octets))
  const facts = {
    ...(canonical === undefined ? {} : { canonical }),
    ...(encoding === undefined ? {} : { encoding }),
    utf8Header: false,
    ...(content.recode ? { recode: (widest: ContentEncoding) => other(content.recode!(widest)) } : {}),
    ...(content.release ? { release: () => content.release!() } : {}),
  }
  if (head && old && octets) {
    const whole = Buffer.concat([head, octets.subarray(old.length)])
    return { ...facts, octets: whole, sizeOctets: whole.length, open: () => once(whole) }
  }
  const size = head && old && sizeOctets !== undefined ? { sizeOctets: sizeOctets - old.length + head.length } : {}
  return { ...facts, ...size, open: () => withHeader(content, own) }
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}

async function* withHeader(content: Content, own: string): AsyncGenerator<Uint8Array, void, undefined> {
  let begun: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of content.open()) {
    if (!begun) {
      yield chunk
      continue
    }
    begun = Buffer.concat([begun, chunk])
    const old = sectionOf(begun)
    if (!old) continue
    yield newHeader(old, own)
    if (begun.length > old.length) yield begun.subarray(old.length)
    begun = undefined
  }
}

async function headerOctets(content: Content): Promise<Uint8Array | undefined> {
  if (content.octets) return sectionOf(content.octets)
  let begun = Buffer.alloc(0)
  for await (const chunk of content.open()) {
    begun = Buffer.concat([begun, chunk])
    const section = sectionOf(begun)
    if (section || begun.length > MAX_HEADER_OCTETS) return section
  }
  return undefined
}

/** The header section with the empty line that ends it. */
function sectionOf(octets: Uint8Array): Uint8Array | undefined {
  const end = Buffer.from(octets.buffer, octets.byteOffset, octets.length).indexOf(END_OF_HEADER)
  return end < 0 ? undefined : octets.subarray(0, end + END_OF_HEADER.length)
}

function newHeader(old: Uint8Array, own: string): Buffer {
  const lines = Buffer.from(old)
    .toString('latin1')
    .slice(0, -END_OF_HEADER.length)
    .split(/\r\n(?![ \t])/)
  const body = lines.filter((line) => /^(?:Content-[A-Za-z-]+|MIME-Version):/i.test(line))
  const kept = isPlainText(body) ? '' : body.map((line) => `${line}\r\n`).join('')
  return Buffer.from(`${own}${kept}\r\n`, 'latin1')
}

/**
 * What is understood without any field: text in US-ASCII, as it is. Content in 7bit is that in every charset that has US-ASCII in it, but
 * for those that switch with escapes.
 */
function isPlainText(fields: readonly string[]): boolean {
  return fields.every((field) =>
    /^(?:MIME-Version: 1\.0|Content-Type: text\/plain(?:;\s*charset="?(?:us-ascii|utf-8|iso-8859-\d+|windows-125\d)"?)?|Content-Transfer-Encoding: 7bit)$/i.test(
      field,
    ),
  )
}

function fieldLine({ name, value }: ExtraField, index: number): string {
  const path = `headers.fields[${index}]`
  if (/^(?:content-.*|mime-version)$/i.test(name)) {
    throw new SettingsError('settings.header-field', `${path}.name`, `cannot be ${name}, which belongs to the body`, {
      hint: 'Leave it out; it is written as the body needs it.',
    })
  }
  return unstructuredField(name, fieldText(value, `${path}.value`))
}
