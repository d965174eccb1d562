import { rawContent, readyOctets } from '@posthorn/mime'
import type { ContentSource, Envelope } from '@posthorn/smtp'

/**
 * The content of a ready message, so that it can be re-encoded for a server that takes less (RFC 6152 3). Octets are looked into only
 * when such a server is met; a file is read once for it beforehand. What is to go octet for octet, what can be re-encoded already, and
 * sources that run in their own time, functions and streams, are given back as they are.
 * @throws {SettingsError} `content.*` for a file
 */
export function recodableSource(
  content: ContentSource,
  bodyType: Envelope['bodyType'],
): ContentSource | Promise<ContentSource> {
  if (bodyType === 'binary') return content
  if (typeof content === 'string') return readyOctets(Buffer.from(content, 'utf8'))
  if (content instanceof Uint8Array) return readyOctets(content)
  if (typeof content !== 'object' || content === null || Symbol.asyncIterator in content) return content
  if (!('open' in content)) return 'path' in content ? rawContent({ path: content.path }) : content
  const { octets, encoding } = content
  if (content.recode || encoding === '7bit' || encoding === 'binary' || !(octets instanceof Uint8Array)) return content
  const ready = readyOctets(octets)
  return { ...content, recode: (widest) => ready.recode!(widest) }
}
