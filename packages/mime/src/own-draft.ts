import type { Draft } from './draft.js'
import { refusal } from './refusal.js'

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
 * @throws {SettingsError} `draft.unknown-field`
 */
export function ownFields<T extends object>(object: object, known: ReadonlySet<string>, path: string): T {
  const own: Record<string, unknown> = { ...object }
  for (const key in own) {
    if (!Object.hasOwn(own, key)) return withoutPrototype<T>(own, known, path) // a loop sees what all objects inherit, too
    if (!known.has(key)) throw unknownField(key, known, path)
  }
  return own as T
}

/** The slow way, for a process in which all objects inherit more than they should. */
function withoutPrototype<T extends object>(object: object, known: ReadonlySet<string>, path: string): T {
  const own: Record<string, unknown> = { __proto__: null, ...object }
  for (const key in own) if (!known.has(key)) throw unknownField(key, known, path)
  return own as T
}

function unknownField(key: string, known: ReadonlySet<string>, path: string) {
  const near = nearest(key, known)
  return refusal(
    'draft.unknown-field',
    `${path}${printable(key)}`,
    'is not a field of a draft',
    near === undefined ? `The fields are ${[...known].join(', ')}.` : `Was ${path}${near} meant?`,
  )
}

/** The known key that is spelt most alike, when one is alike at all. */
function nearest(key: string, known: ReadonlySet<string>): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '')
  const wanted = plain(key.slice(0, 60))
  let best: string | undefined
  let least = 3
  for (const candidate of known) {
    const distance = edits(wanted, plain(candidate))
    if (distance < least && distance < candidate.length / 2) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** How many letters must be put in, left out or changed. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

const printable = (key: string) => key.slice(0, 60).replace(/[^ -~]/g, '?')
