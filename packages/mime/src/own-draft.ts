import type { Draft } from './draft.js'
import { refusal } from './refusal.js'
import { unknownField } from './unknown-field.js'

const KNOWN: Record<keyof Draft, true> = {
  from: true,
  sender: true,
  replyTo: true,
  to: true,
  cc: true,
  bcc: true,
  subject: true,
  text: true,
  textFormat: true,
  textFromHtml: true,
  html: true,
  calendar: true,
  alternatives: true,
  body: true,
  attachments: true,
  date: true,
  messageId: true,
  inReplyTo: true,
  references: true,
  organization: true,
  priority: true,
  importance: true,
  xPriority: true,
  sensitivity: true,
  readReceiptTo: true,
  returnReceiptTo: true,
  autoSubmitted: true,
  list: true,
  headers: true,
}
const KEYS = new Set(Object.keys(KNOWN))

/**
 * The draft with what stands in it itself and nothing else: a value that every object inherits, since something has written to
 * `Object.prototype`, is none of the draft's, and a getter is asked once. Fields that are undefined are absent.
 * @throws {SettingsError} `draft.not-a-draft`; `draft.unknown-field`, since a misspelt `bcc` would otherwise be lost without a word
 */
export function ownDraft(draft: unknown): Draft {
  if (typeof draft !== 'object' || draft === null || Array.isArray(draft)) {
    throw refusal(
      'draft.not-a-draft',
      'draft',
      `must be an object, not ${draft === null ? 'null' : Array.isArray(draft) ? 'an array' : typeof draft}`,
      'Give an object with from, to, subject and text.',
    )
  }
  return ownFields<Draft>(draft, KEYS, '')
}

/**
 * What stands in an object itself, when every key of it is known.
 * @param path what stands before the keys in the name of a field, such as `list.`
 * @param unknown makes the error for a key that is not
 * @throws {SettingsError} `draft.unknown-field`
 */
export function ownFields<T extends object>(
  object: object,
  known: ReadonlySet<string>,
  path: string,
  unknown = unknownField,
): T {
  const own: Record<string, unknown> = { ...object }
  for (const key in own) {
    if (!Object.hasOwn(own, key)) return withoutPrototype<T>(own, known, path, unknown) // a loop sees what all objects inherit, too
    if (!known.has(key)) throw unknown(key, known, path)
  }
  return own as T
}

/** The slow way, for a process in which all objects inherit more than they should. */
function withoutPrototype<T extends object>(
  object: object,
  known: ReadonlySet<string>,
  path: string,
  unknown: typeof unknownField,
): T {
  const own: Record<string, unknown> = { __proto__: null, ...object }
  for (const key in own) if (!known.has(key)) throw unknown(key, known, path)
  return own as T
}
