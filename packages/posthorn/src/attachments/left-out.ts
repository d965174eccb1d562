import { posix, win32 } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import { compose, type Access, type Attachment, type Draft } from '@posthorn/mime'
import type { MailDraft } from '../mail.js'
import { nameFrom, type AttachmentPolicy } from './attachment-policy.js'
import { withNote } from './note.js'

/** A file that a draft named and that did not go along. */
export interface LeftOut {
  /** Where it stands in the draft: `attachments[1]`. */
  readonly field: string
  /** The last part of its name. */
  readonly name: string
  /** Why: `attachment.access` for one that must not be read, `content.unreadable` for one that cannot. */
  readonly code: string
}

/** Of which an attachment has exactly one. */
const SOURCES = ['content', 'path', 'url', 'message', 'part'] as const
/** Drafts can hold drafts; composing takes no more of them. */
const MAX_DEPTH = 8

/**
 * The draft without the files that the policy does not let through, when it says that it goes without them; relative names start where the
 * policy says. What may be read is judged by the composer itself, which looks again when it reads.
 * @param signal ends the looking
 */
export async function admitted(
  draft: MailDraft,
  policy: AttachmentPolicy,
  access: Access = policy.access,
  signal?: AbortSignal,
): Promise<{ readonly draft: MailDraft; readonly leftOut: readonly LeftOut[] }> {
  const leftOut: LeftOut[] = []
  const admit = async (one: MailDraft, place: string, depth: number): Promise<MailDraft> => {
    const { attachments } = one
    if (!Array.isArray(attachments) || attachments.length === 0 || depth === MAX_DEPTH) return one
    const kept: Attachment[] = []
    const missing: string[] = []
    for (const [index, attachment] of (attachments as readonly Attachment[]).entries()) {
      const field = `${place}attachments[${index}]`
      const found = await looked(attachment, field, depth)
      if ('code' in found) {
        leftOut.push(found)
        missing.push(found.name)
      } else kept.push(found.attachment)
    }
    const rest = { ...one, attachments: kept }
    return missing.length > 0 && policy.onMissing === 'note' ? withNote(rest, missing) : rest
  }
  const looked = async (
    attachment: Attachment,
    field: string,
    depth: number,
  ): Promise<LeftOut | { attachment: Attachment }> => {
    if (typeof attachment !== 'object' || attachment === null) return { attachment } // composing says what is wrong with it
    const { path, url, message } = attachment
    const sources = SOURCES.filter((key) => attachment[key] !== undefined)
    if (sources.length !== 1) return { attachment }
    if (path !== undefined) {
      const named = { ...attachment, path: nameFrom(policy.basePath, path) }
      const code = policy.onMissing === 'fail' ? undefined : await refusalOf({ path: named.path }, access, signal)
      return code === undefined ? { attachment: named } : { field, name: lastPart(String(path)), code }
    }
    if (url !== undefined && /^file:/i.test(String(url))) {
      const code = policy.onMissing === 'fail' ? undefined : await refusalOf({ url }, access, signal)
      return code === undefined ? { attachment } : { field, name: lastPart(String(url)), code }
    }
    if (isDraft(message))
      return { attachment: { ...attachment, message: (await admit(message, `${field}.message.`, depth + 1)) as Draft } }
    return { attachment }
  }
  return { draft: await admit(draft, '', 0), leftOut }
}

/** Why the composer would not take the file; undefined when it takes it, or would say something else is wrong. */
async function refusalOf(
  source: Pick<Attachment, 'path' | 'url'>,
  access: Access,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const attachment: Attachment = { ...source, filename: 'file', contentType: 'application/octet-stream' }
  const probe: Draft = { from: 'probe@localhost', attachments: [attachment] }
  try {
    const message = await compose(probe, { access, allowNoRecipients: true, signal })
    message.content.release?.()
    return undefined
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return error.code === 'attachment.access' || error.code === 'content.unreadable' ? error.code : undefined
  }
}

function isDraft(message: Attachment['message']): message is Draft {
  if (typeof message !== 'object' || message === null || message instanceof Uint8Array) return false
  return !('content' in message && 'envelope' in message)
}

/** Whichever slashes there are in it. */
function lastPart(path: string): string {
  return win32.basename(posix.basename(path))
}
