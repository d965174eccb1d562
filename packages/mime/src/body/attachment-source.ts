import type { Access } from '../access.js'
import type { Attachment, OctetSource } from '../draft.js'
import { refusal } from '../refusal.js'
import { dataUrl, isDataUrl } from './data-url.js'
import { fileSource } from './file-source.js'
import { keptSource } from './kept-source.js'
import { expectSize, isStream, openedSource } from './opened-source.js'
import { memorySource, type Source } from './source.js'
import { stringOctets } from './string-octets.js'

/** What says where octets come from. */
export type SourceInput = {
  readonly [Key in 'content' | 'encoding' | 'path' | 'url' | 'sizeOctets']?: Attachment[Key] | undefined
}

/** A source, and the media type that came with it. */
export interface AttachmentSource extends Source {
  readonly contentType?: string
}

/**
 * Where the octets of an attachment come from. What can be read once is read now and kept.
 * @throws {SettingsError} `attachment.source` for content that is no octets; `attachment.size`;
 * `attachment.encoding`; `attachment.url`; `attachment.path`; `attachment.access`; `content.unreadable`; `content.changed` when
 * `sizeOctets` is not what the source has
 */
export async function attachmentSource(input: SourceInput, access: Access, field: string): Promise<AttachmentSource> {
  const { content, encoding, path, url, sizeOctets } = input
  if (sizeOctets !== undefined && !(Number.isSafeInteger(sizeOctets) && sizeOctets >= 0)) {
    throw refusal(
      'attachment.size',
      `${field}.sizeOctets`,
      'is not a number of octets',
      'Give a whole number that is not negative, or leave it out.',
    )
  }
  if (encoding !== undefined && typeof content !== 'string') {
    throw refusal(
      'attachment.encoding',
      `${field}.encoding`,
      'is for a string in content',
      'Leave it out, or give the content as a string.',
    )
  }
  if (path !== undefined) return fileSource(path, sizeOctets, access, `${field}.path`)
  if (url !== undefined) return urlSource(url, sizeOctets, access, field)
  if (typeof content === 'string') {
    const octets = stringOctets(content, encoding, field)
    expectSize(octets.length, sizeOctets, field)
    return memorySource(octets)
  }
  return contentSource(content, sizeOctets, field)
}

function contentSource(
  content: Exclude<OctetSource, string> | undefined,
  sizeOctets: number | undefined,
  field: string,
): Source | Promise<Source> {
  if (content instanceof Uint8Array) {
    expectSize(content.length, sizeOctets, field)
    return memorySource(content)
  }
  if (typeof content === 'function') return openedSource(content, sizeOctets, field)
  if (content instanceof Blob) {
    expectSize(content.size, sizeOctets, field)
    return openedSource(() => content.stream(), content.size, field)
  }
  if (isStream(content)) return keptSource(content, sizeOctets, field)
  throw refusal(
    'attachment.source',
    `${field}.content`,
    'is not octets',
    'Give a string, a Uint8Array, a Blob, a stream, or a function that returns an AsyncIterable of Uint8Array.',
  )
}

async function urlSource(
  given: string | URL,
  sizeOctets: number | undefined,
  access: Access,
  field: string,
): Promise<AttachmentSource> {
  const at = `${field}.url`
  if (isUrlInput(given) && isDataUrl(given)) {
    const { contentType, octets } = dataUrl(given, at)
    expectSize(octets.length, sizeOctets, field)
    return { ...memorySource(octets), contentType }
  }
  const url = urlOf(given, at)
  if (url.protocol === 'file:') return fileSource(url, sizeOctets, access, at)
  const { fetch } = access
  if (typeof fetch !== 'function') {
    throw refusal(
      'attachment.access',
      at,
      'names something that must not be fetched',
      'Give the composer an access with `fetch`, or the octets as content.',
    )
  }
  let stream: unknown
  try {
    stream = await fetch(url, {})
  } catch (cause) {
    throw refusal('content.unreadable', at, 'could not be fetched', 'See the cause.', cause)
  }
  return keptSource(stream, sizeOctets, field)
}

/** @throws {SettingsError} `attachment.url` */
export function urlOf(given: string | URL, field: string): URL {
  try {
    if (isUrlInput(given)) return new URL(given)
  } catch {
    // said below: the cause would only repeat the URL, which may hold a password
  }
  throw refusal('attachment.url', field, 'is not a URL', 'Write it whole, such as https://example.com/logo.png.')
}

function isUrlInput(value: unknown): value is string | URL {
  return typeof value === 'string' || value instanceof URL
}
