import { isAbsolute, resolve } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import type { Draft } from '@posthorn/mime'

/** What a message that is ready has, and no draft: JSON from outside must not choose the envelope, nor name a file as the whole message. */
const OF_READY_MESSAGES = ['envelope', 'content'] as const
/** Drafts can hold drafts (`attachments[].message`); `compose` takes as many, too. */
const MAX_DEPTH = 8

/**
 * A draft from JSON: the same names, with a date in ISO 8601 with its zone, files by their path (or a `file:` URL) and other octets as text
 * in base64 (`content` with `encoding: "base64"`). `compose` checks the rest.
 * @param folder where relative paths of attachments start
 * @throws {SettingsError} `draft.json`; `draft.unknown-field` for a message that is ready: JSON is never one
 */
export function draftFromJson(text: string, folder: string): Draft {
  const found = parsed(text)
  if (!isObject(found)) {
    throw malformed('must be an object', 'Write { "from": "...", "to": "...", "subject": "...", "text": "..." }.')
  }
  for (const key of OF_READY_MESSAGES) {
    if (!Object.hasOwn(found, key)) continue
    throw new SettingsError('draft.unknown-field', key, 'is not a field of a draft', {
      phase: 'compose',
      hint: 'Leave it out: the envelope comes from the draft, or from the call; a message that is ready is not given as JSON.',
    })
  }
  return located(found, folder, 0) as Draft & typeof found // what it holds is checked by compose
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed('is not JSON', `The parser says: ${(error as Error).message}.`)
  }
}

/** The draft with its files where they are, and those of the drafts within it. */
function located(draft: Readonly<Record<string, unknown>>, folder: string, depth: number): Record<string, unknown> {
  const { attachments } = draft
  if (!Array.isArray(attachments) || depth === MAX_DEPTH) return draft
  return { ...draft, attachments: attachments.map((one: unknown) => locatedAttachment(one, folder, depth)) }
}

function locatedAttachment(attachment: unknown, folder: string, depth: number): unknown {
  if (!isObject(attachment)) return attachment
  const { path, message } = attachment
  return {
    ...attachment,
    ...(typeof path === 'string' ? { path: fileOf(path, folder) } : {}),
    ...(isObject(message) ? { message: located(message, folder, depth + 1) } : {}),
  }
}

function fileOf(path: string, folder: string): string | URL {
  if (/^file:/i.test(path)) return new URL(path)
  return isAbsolute(path) ? path : resolve(folder, path)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(message: string, hint: string): SettingsError {
  return new SettingsError('draft.json', 'draft', message, { phase: 'compose', hint })
}
