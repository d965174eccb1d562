import type { SpoolFolder } from '../../spool/index.js'
import type { EventQueue } from './event-queue.js'
import { IPWorksError } from './ipworks-error.js'
import type { Link } from './link.js'
import { outgoingMessage, type BodyStream } from './message/outgoing-message.js'
import { localName } from './road/hello.js'
import type { ComponentEvents } from './table/events.js'
import { submit, tellRefused } from './transact.js'
import type { ComponentValues } from './values.js'

/** Writes the message that the values describe into a folder; `*` gives the text that a file would hold. */
export async function queueMessage(
  values: ComponentValues,
  folder: string,
  stream: BodyStream | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { SpoolFolder, spoolText } = await import('../../spool/index.js')
  const message = outgoingMessage(values, { stream, localName: localName(values) ?? '' })
  const submission = { envelope: message.envelope, content: message.content() }
  return folder === '*' ? spoolText(submission, { signal }) : new SpoolFolder(folder).queue(submission, { signal })
}

/** How a folder is worked through. */
export interface SpoolRunTerms {
  readonly values: ComponentValues
  readonly events: EventQueue<ComponentEvents>
  readonly signal: AbortSignal
  /** The connection for the whole run; made when there is something to send. */
  readonly connected: () => Promise<Link>
}

/**
 * Sends what lies in a folder, the oldest first, and stops at the first message that fails; that one is renamed to `.failed`.
 * @throws {IPWorksError | PosthornError}
 */
export async function processSpool(path: string, terms: SpoolRunTerms): Promise<void> {
  const { values, events, signal } = terms
  const { SpoolFolder } = await import('../../spool/index.js')
  const folder = new SpoolFolder(path)
  // a server that cannot be reached fails no message
  const link = (await hasQueued(folder)) ? await terms.connected() : undefined
  await folder.process(
    async ({ submission }) => {
      if (!link?.isOpen) throw new IPWorksError(1120, '1120: the connection has ended')
      tellRefused(await submit(link, values, submission), link, events)
    },
    { keep: values.config('KeepQueue'), onFailure: 'stop', transient: 'fail', signal },
  )
}

async function hasQueued(folder: SpoolFolder): Promise<boolean> {
  for await (const { state } of folder.entries()) if (state === 'queued') return true
  return false
}
