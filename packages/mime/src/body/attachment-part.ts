import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Attachment } from './draft.js'
import { fieldText } from './field-text.js'
import { mediaTypeOf } from './media-type-table.js'
import { parameterizedField, parseContentType } from './parameter.js'
import type { Part } from './part.js'
import { refusal } from './refusal.js'
import { attachmentSource } from './source.js'

/** An attachment as a body part, and whether it belongs to the HTML. */
export interface AttachmentPart extends Part {
  readonly contentId?: string
  /** True for a part that the HTML shows by its Content-ID. */
  readonly inline: boolean
}

/**
 * An attachment in base64, which leaves its octets as they are.
 * @throws {SettingsError} naming the field of the attachment: see `attachmentSource`, `parseContentType`, `fieldText`;
 * `attachment.content-id`; `attachment.disposition`
 */
export async function attachmentPart(attachment: Attachment, field: string): Promise<AttachmentPart> {
  const { contentId, disposition = contentId === undefined ? 'attachment' : 'inline' } = attachment
  if (disposition !== 'attachment' && disposition !== 'inline') {
    throw refusal(
      'attachment.disposition',
      `${field}.disposition`,
      'is neither attachment nor inline',
      'Use one of the two, or leave it out.',
    )
  }
  const filename = nameOf(attachment, field)
  let fields = parameterizedField('Content-Type', mediaType(attachment, filename, field))
  fields += 'Content-Transfer-Encoding: base64\r\n'
  const parameters = filename === undefined ? [] : [['filename', filename] as const]
  fields += parameterizedField('Content-Disposition', { value: disposition, parameters })
  if (contentId !== undefined) fields += `Content-ID: <${contentIdentifier(contentId, `${field}.contentId`)}>\r\n`
  const source = await attachmentSource(attachment, field)
  return {
    fields,
    pieces: [{ base64: source }],
    endsLine: source.sizeOctets !== 0,
    inline: contentId !== undefined && disposition === 'inline',
    ...(contentId === undefined ? {} : { contentId }),
  }
}

function nameOf({ filename, path }: Attachment, field: string): string | undefined {
  if (filename !== undefined) return fieldText(filename, `${field}.filename`)
  if (path === undefined) return undefined
  if (path instanceof URL && path.protocol !== 'file:') {
    throw refusal(
      'attachment.path',
      `${field}.path`,
      'is not a file: URL',
      'Nothing is fetched: give the name of a file, or the octets as content.',
    )
  }
  return fieldText(basename(path instanceof URL ? fileURLToPath(path) : path), `${field}.path`)
}

function mediaType({ contentType, content }: Attachment, filename: string | undefined, field: string) {
  const type = parseContentType(contentType ?? mediaTypeOf(filename ?? ''), `${field}.contentType`)
  if (/^(?:message|multipart)\//.test(type.value)) {
    throw refusal(
      'attachment.content-type',
      `${field}.contentType`,
      `${type.value} must not be put into base64 (RFC 2045 6.4)`,
      'Attach it as application/octet-stream.',
    )
  }
  const knowsCharset = type.parameters.some(([name]) => name === 'charset')
  if (typeof content !== 'string' || knowsCharset || !type.value.startsWith('text/')) return type
  return { value: type.value, parameters: [...type.parameters, ['charset', 'utf-8'] as const] }
}

/** Atoms and dots with at most one "@", RFC 2045 7 and RFC 2392; a name without "@" is common and works. */
function contentIdentifier(text: string, field: string): string {
  fieldText(text, field)
  if (text.length <= 200 && /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+(?:@[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+)?$/.test(text))
    return text
  throw refusal(
    'attachment.content-id',
    field,
    'is not a Content-ID',
    'Use letters, digits, dots and hyphens, such as logo@example.com, without "cid:" and angle brackets.',
  )
}
