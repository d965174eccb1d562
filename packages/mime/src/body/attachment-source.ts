import type { Attachment, OctetSource } from '../draft.js'
import type { Parameterized } from '../header/parameter.js'
import { refusal } from '../refusal.js'
import type { BodyOptions } from './body-options.js'
import { closeStream } from './close-stream.js'
import { dataUrl, isDataUrl } from './data-url.js'
import { fileSource, pathOf } from './file-source.js'
import { keptSource } from './kept-source.js'
import { mediaTypeSaid, octetsType, UNKNOWN_TYPE } from './media-type.js'
import { expectSize, isStream, openedSource } from './opened-source.js'
import { memorySource, type Source } from './source.js'
import { stoppable, type Stop } from './stop.js'
import { stringOctets } from './string-octets.js'

/** What says where octets come from. */
export type SourceInput = {
  readonly [Key in 'content' | 'encoding' | 'path' | 'url' | 'sizeOctets']?: Attachment[Key] | undefined
}

/** A source, and the media type that came with it. */
export interface AttachmentSource extends Source {
  readonly type?: Parameterized | undefined
}

/** What opening a source takes from outside. */
export type SourceOptions = Pick<BodyOptions, 'access' | 'stop'>

/**
 * Looks at everything that can be seen without opening the source.
 * @throws {SettingsError} `attachment.source` for content that is no octets; `attachment.size`; `attachment.encoding`; `attachment.url`;
 * `attachment.path`
 */
export function checkSource({ content, encoding, path, url, sizeOctets }: SourceInput, field: string): void {
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
  if (path !== undefined) pathOf(path, `${field}.path`)
  else if (url !== undefined) {
    if (!isUrlInput(url) || !isDataUrl(url)) urlOf(url, `${field}.url`)
  } else if (!isOctetSource(content)) {
    throw refusal(
      'attachment.source',
      `${field}.content`,
      'is not octets',
      'Give a string, a Uint8Array, a Blob, a stream, or a function that returns an AsyncIterable of Uint8Array.',
    )
  }
}

/**
 * Where the octets of an attachment come from. What can be read once is read now and kept.
 * @param input as `checkSource` leaves it
 * @throws {SettingsError} `attachment.encoding`; `attachment.url`; `attachment.content-type` for that of a `data:` URL; `attachment.access`;
 * `content.unreadable`; `content.changed` when `sizeOctets` is not what the source has
 * @throws {PosthornError} `aborted`
 */
export async function attachmentSource(
  input: SourceInput,
  options: SourceOptions,
  field: string,
): Promise<AttachmentSource> {
  options.stop?.check()
  const source = await opened(input, options, field)
  const { stop } = options
  if (source.octets || !stop) return source
  // composing may read it as a whole: for a signature
  return { ...source, read: () => (stop.isOver ? source.read() : stoppable(source.read(), stop)) }
}

async function opened(
  { content, encoding, path, url, sizeOctets }: SourceInput,
  { access, stop }: SourceOptions,
  field: string,
): Promise<AttachmentSource> {
  if (path !== undefined) return fileSource(path, sizeOctets, access, `${field}.path`)
  if (url !== undefined) return urlSource(url, sizeOctets, { access, stop }, field)
  if (typeof content === 'string') {
    const octets = stringOctets(content, encoding, field)
    expectSize(octets.length, sizeOctets, field)
    return memorySource(octets)
  }
  return contentSource(content, sizeOctets, field, stop)
}

function isOctetSource(content: unknown): boolean {
  return (
    typeof content === 'string' ||
    typeof content === 'function' ||
    content instanceof Uint8Array ||
    content instanceof Blob ||
    isStream(content)
  )
}

function contentSource(
  content: Exclude<OctetSource, string> | undefined,
  sizeOctets: number | undefined,
  field: string,
  stop: Stop | undefined,
): Source | Promise<Source> {
  if (content instanceof Uint8Array) {
    expectSize(content.length, sizeOctets, field)
    return memorySource(content)
  }
  if (typeof content === 'function') return openedSource(content, sizeOctets, field, stop)
  if (content instanceof Blob) {
    expectSize(content.size, sizeOctets, field)
    return openedSource(() => content.stream(), content.size, field, stop)
  }
  return keptSource(content, sizeOctets, field, `${field}.content`, stop)
}

async function urlSource(
  given: string | URL,
  sizeOctets: number | undefined,
  { access, stop }: SourceOptions,
  field: string,
): Promise<AttachmentSource> {
  const at = `${field}.url`
  if (isUrlInput(given) && isDataUrl(given)) {
    const { contentType, octets } = dataUrl(given, at)
    expectSize(octets.length, sizeOctets, field)
    return { ...memorySource(octets), type: octetsType(contentType, at) }
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
  const { stream, type } = await fetched(() => fetch.call(access, url, stop ? { signal: stop.signal } : {}), at, stop)
  return { ...(await keptSource(stream, sizeOctets, field, at, stop)), type }
}

/** What the access gives for a URL: a stream, or a response with one and with its media type. */
async function fetched(
  fetch: () => Promise<unknown>,
  field: string,
  stop: Stop | undefined,
): Promise<{ stream: unknown; type?: Parameterized | undefined }> {
  let given: unknown
  let fetching: Promise<unknown> | undefined
  try {
    fetching = Promise.resolve(fetch())
    given = await (stop ? stop.race(fetching) : fetching)
  } catch (cause) {
    fetching?.then(closeFetched, () => {}) // it may come all the same, and too late
    stop?.check()
    throw refusal('content.unreadable', field, 'could not be fetched', 'See the cause.', cause)
  }
  if (isStream(given)) return { stream: given }
  if (typeof given !== 'object' || given === null || !('body' in given)) {
    throw refusal(
      'content.unreadable',
      field,
      'was fetched, and what came is neither a stream nor a response',
      'The fetch of the access gives an AsyncIterable of Uint8Array, a ReadableStream, or a Response.',
    )
  }
  const { body, ok, status, headers } = given as Partial<Response>
  if (ok === false) {
    closeStream(body)
    throw refusal(
      'content.unreadable',
      field,
      `was answered with status ${status}`,
      'Check the URL, and who may read it.',
    )
  }
  const said = typeof headers?.get === 'function' ? headers.get('content-type') : undefined
  const type = typeof said === 'string' ? mediaTypeSaid(said) : undefined
  return { stream: body ?? nothing(), type: type?.value === UNKNOWN_TYPE ? undefined : type }
}

function closeFetched(given: unknown): void {
  closeStream(isStream(given) ? given : (given as Partial<Response> | null)?.body)
}

/** The body of a response without one. */
async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

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
