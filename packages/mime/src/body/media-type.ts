import { SettingsError } from '@posthorn/ground'
import type { Mime } from 'mime'
import { fieldText } from '../header/field-text.js'
import { refusal } from '../refusal.js'
import { parseContentType, type Parameterized } from '../header/parameter.js'

/** What says nothing but "octets". */
export const UNKNOWN_TYPE = 'application/octet-stream'

/** Names of programs that readers treat in their own way; the type must not invite to run them. */
const PROGRAM = /^application\/(?:x-msdownload|x-msdos-program|x-msi|x-sh|x-csh|x-perl|x-tcl)$/

let table: Mime | undefined

/**
 * The media type by the ending of a file name, from the table of the `mime` library, which is loaded with the first name. A program is
 * application/octet-stream like what nobody knows, and so is what must not be put into base64 (message and multipart, RFC 2045 6.4).
 */
export async function mediaTypeOf(filename: string): Promise<string> {
  table ??= (await import('mime')).default
  const type = filename.lastIndexOf('.') > 0 ? table.getType(filename) : null // `png` is a name and no ending
  return type === null || PROGRAM.test(type) || isComposite(type) ? UNKNOWN_TYPE : type
}

/** True for the types of which the transfer encoding must not be more than 7bit, 8bit or binary (RFC 2045 6.4). */
export function isComposite(type: string): boolean {
  return /^(?:message|multipart)\//i.test(type)
}

/**
 * Reads a media type that was given. Semicolons with nothing behind them are harmless, and common.
 * @throws {SettingsError} `attachment.content-type`, `draft.control-character`
 */
export function mediaTypeNamed(text: unknown, field: string): Parameterized {
  const given = fieldText(text, field)
  let end = given.length
  while (given[end - 1] === ' ' || given[end - 1] === ';') end--
  return parseContentType(given.slice(0, end), field)
}

/**
 * The same for octets that go in base64.
 * @throws {SettingsError} `attachment.content-type` for message and multipart, too
 */
export function octetsType(text: unknown, field: string): Parameterized {
  const type = mediaTypeNamed(text, field)
  if (!isComposite(type.value)) return type
  throw refusal(
    'attachment.content-type',
    field,
    `${type.value} must not be put into base64 (RFC 2045 6.4)`,
    'Attach a message as `message`, or its file as `path` with message/rfc822; any part that is ready as `part`; or the file as application/octet-stream.',
  )
}

/** The same for a type that the draft did not name: undefined when it is malformed, and for what must not be put into base64. */
export function mediaTypeSaid(text: string): Parameterized | undefined {
  try {
    const type = mediaTypeNamed(text, 'contentType')
    return isComposite(type.value) ? undefined : type
  } catch (error) {
    if (error instanceof SettingsError) return undefined
    throw error
  }
}
