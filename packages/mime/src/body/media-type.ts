import type { Mime } from 'mime'

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
