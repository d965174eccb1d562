import type { ContentSource } from '@posthorn/smtp'

/** Content that several servers can be given, and what is to be done when the last one has it. */
export interface OpenedAnew {
  readonly content: ContentSource
  readonly release: () => void
}

/**
 * The content as something that can be opened for each server. A one-shot stream is read once, into a temporary file.
 * @throws {SettingsError} `content.*` when the stream cannot be read, or has line ends that cannot be sent
 */
export async function openedAnew(content: ContentSource, signal: AbortSignal): Promise<OpenedAnew> {
  const isStream = typeof content === 'object' && content !== null && Symbol.asyncIterator in content
  if (!isStream) return { content, release: () => {} }
  const { rawContent } = await import('@posthorn/mime')
  const kept = await rawContent(content as AsyncIterable<Uint8Array>, { signal })
  return { content: kept, release: () => kept.release?.() }
}
