import { fileSource, rawContent, type Access } from '@posthorn/mime'
import type { ContentSource, Envelope } from '@posthorn/smtp'
import { nameFrom } from './attachment-policy.js'

/**
 * The content of a message that is ready, for which the same files may be read as for a draft: a message that came from outside is data, too,
 * and `{ path }` in it names a file. The file is judged and opened as one that is attached; content without a file is given back as it is.
 * @param basePath where relative names start
 * @throws {SettingsError} `attachment.access`, `attachment.path`, `content.*`; they name `content.path`
 */
export async function readyContent(
  content: ContentSource,
  access: Access | undefined,
  basePath: string | undefined,
  bodyType?: Envelope['bodyType'],
): Promise<ContentSource> {
  if (access === undefined || typeof content !== 'object' || content === null || content instanceof Uint8Array)
    return content
  // what can be opened by itself, such as a stream of a file, was opened by the program; only what stays is read by its name
  if (Symbol.asyncIterator in content || ('open' in content && typeof content.open === 'function')) return content
  if (!('path' in content)) return content
  const path = nameFrom(basePath, content.path)
  const source = await fileSource(path, undefined, access, 'content.path')
  const size = source.sizeOctets === undefined ? {} : { sizeOctets: source.sizeOctets }
  const file = { ...size, open: () => source.read() }
  return bodyType === 'binary' ? file : rawContent(file)
}
