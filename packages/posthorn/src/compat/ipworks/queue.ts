import type { SendSpooled } from '../../spool/index.js'
import type { EventQueue } from './event-queue.js'
import { IPWorksError } from './ipworks-error.js'
import type { Link } from './link.js'
import type { BodyStream } from './message/body-stream.js'
import { outgoingMessage } from './message/outgoing-message.js'
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
  const message = outgoingMessage(values, { stream, signal, localName: localName(values.config('Hello')) ?? '' })
  const { envelope } = message
  // the engine looks at what it sends; a file is to say that lines are left as they are only where one could be repaired
  const isRepairable = envelope.asIs === true && !message.isWhole()
  const submission = { envelope: { ...envelope, asIs: isRepairable }, content: message.content() }
  return folder === '*' ? spoolText(submission, { signal }) : new SpoolFolder(folder).queue(submission, { signal })
}

/** How a folder is worked through. */
export interface SpoolRunTerms {
  readonly values: ComponentValues
  readonly events: EventQueue<ComponentEvents>
  readonly signal: AbortSignal
  /** The connection for the whole run; made when there is a message to send. */
  readonly connected: () => Promise<Link>
}

/**
 * Sends what lies in a folder, the oldest first, and stops at the first message that fails; that one is renamed to `.failed`. A `.sending` file
 * of a process that is gone is sent, too: where the note of ipworks.method.ProcessQueue leaves it for ever, nothing would say that it waits.
 * @throws {IPWorksError | PosthornError}
 */
export async function processSpool(path: string, terms: SpoolRunTerms): Promise<void> {
  const { values, events, signal } = terms
  const { SpoolFolder } = await import('../../spool/index.js')
  let link: Link | undefined
  let trouble: { readonly error: unknown } | undefined
  const send: SendSpooled = async ({ submission }) => {
    link ??= await terms.connected().catch((error: unknown) => {
      trouble = { error }
      // not an error of the engine: that would be taken for one of the message
      throw new Error('no connection, which says nothing about the message', { cause: error })
    })
    if (!link.isOpen) throw new IPWorksError(1120, '1120: the connection has ended')
    const receipt = await submit(link, values, submission)
    try {
      tellRefused(receipt, link, events)
    } catch (error) {
      trouble = { error }
      return receipt // so that the folder records who has it; the others end in `.failed`, and the run with them
    }
    return undefined // who was refused was told, as by `send()`
  }
  const options = { keep: values.config('KeepQueue'), onFailure: 'stop', transient: 'fail', signal } as const
  try {
    await new SpoolFolder(path).process(send, options)
  } catch (error) {
    throw trouble ? trouble.error : error
  }
  if (trouble) throw trouble.error
}
