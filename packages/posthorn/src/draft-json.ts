import { isAbsolute, resolve } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import type { Attachment, Draft } from '@posthorn/mime'

/** ISO 8601 with a time and a zone: what JSON has for a date. */
const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/

/**
 * A draft from JSON: the same names, with a date in ISO 8601, files by their path and other octets as text in base64 (`content` with
 * `encoding: "base64"`). `compose` checks the rest.
 * @param folder where relative paths of attachments start
 * @throws {SettingsError} `draft.json`
 */
export function draftFromJson(text: string, folder: string): Draft {
  const found = parsed(text)
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    throw malformed('must be an object', 'Write { "from": "...", "to": "...", "subject": "...", "text": "..." }.')
  }
  const draft = found as Draft & Record<string, unknown> // what it holds is checked by compose
  const { date, attachments }: Record<string, unknown> = draft
  return {
    ...draft,
    ...(typeof date === 'string' && ISO_DATE.test(date) ? { date: new Date(date) } : {}),
    ...(Array.isArray(attachments) ? { attachments: attachments.map((one: unknown) => located(one, folder)) } : {}),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed('is not JSON', `The parser says: ${(error as Error).message}.`)
  }
}

function located(attachment: unknown, folder: string): Attachment {
  const given = attachment as { readonly path?: unknown } | null
  const { path } = given ?? {}
  if (typeof path !== 'string' || isAbsolute(path) || /^file:/i.test(path)) return attachment as Attachment
  return { ...(given as Attachment), path: resolve(folder, path) }
}

function malformed(message: string, hint: string): SettingsError {
  return new SettingsError('draft.json', 'draft', message, { phase: 'compose', hint })
}
