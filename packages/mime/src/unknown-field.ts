import type { SettingsError } from '@posthorn/ground'
import { refusal } from './refusal.js'

/** What stands for a field that other programs have and a draft has not. */
const INSTEAD = {
  draft: new Map([
    [
      'envelope',
      'It follows from sender or from, and from to, cc and bcc; a send takes other terms among its options.',
    ],
    ['dsn', 'It is asked for when the message is sent, among the terms of the envelope.'],
    ['raw', 'Take a message that is ready with rawMessage.'],
    ['amp', "Use alternatives: [{ contentType: 'text/x-amp-html', content }]."],
    ['watchHtml', "Use alternatives: [{ contentType: 'text/watch-html', content }]."],
    ['icalEvent', 'Use calendar: { content, method, filename }.'],
    [
      'attachDataUrls',
      'Leave it out: pictures in data: URLs stay in the HTML; attached ones have a contentId and are shown by cid:.',
    ],
    ['encoding', 'Leave it out: the transfer encoding follows from the text and from what the server takes.'],
    ['textEncoding', 'Leave it out: the transfer encoding follows from the text and from what the server takes.'],
    ['disableFileAccess', 'Use the access option of compose, such as closedAccess.'],
    ['disableUrlAccess', 'Use the access option of compose, such as closedAccess.'],
    ['xMailer', "Use headers: [{ name: 'X-Mailer', value }]."],
    ['inline', 'Use attachments with a contentId.'],
    ['replyToList', 'Use replyTo.'],
  ]),
  attachment: new Map([
    ['cid', 'Use contentId.'],
    ['name', 'Use filename.'],
    ['href', 'Use url.'],
    ['raw', 'Use part: { headers, content }.'],
    ['type', 'Use contentType.'],
    ['data', 'Use content.'],
    ['contentDisposition', 'Use disposition.'],
    ['contentTransferEncoding', 'Leave it out, or use part: { headers, content } for octets that are encoded already.'],
    ['headers', 'Use contentType, contentId, disposition and description, or part: { headers, content }.'],
  ]),
  options: new Map<string, string>(),
}
const OF_COMPOSE = new Set(
  'access smime dkim foldAt charset utf8Headers messageIdAlgorithm allowNoRecipients now signal'.split(' '),
)

/**
 * The error for a key that nothing is known about, with the one that was meant if there is one.
 * @param path what stands before the keys in the name of a field, such as `list.`
 */
export function unknownField(key: string, known: ReadonlySet<string>, path: string): SettingsError {
  const instead = path === '' ? INSTEAD.draft : path.startsWith('attachments[') ? INSTEAD.attachment : INSTEAD.options
  const hint =
    instead.get(key) ??
    (path === '' && OF_COMPOSE.has(key) ? `It is an option: compose(draft, { ${key} }).` : undefined) ??
    meant(key, known, path)
  return refusal('draft.unknown-field', `${path}${printable(key)}`, 'is not a field of a draft', hint)
}

/** The same for an option. */
export function unknownOption(key: string, known: ReadonlySet<string>): SettingsError {
  return refusal(
    'compose.unknown-option',
    printable(key),
    'is not an option of compose',
    meant(key, known, '', 'options'),
  )
}

function meant(key: string, known: ReadonlySet<string>, path: string, what = 'fields'): string {
  const near = nearest(key, known)
  return near === undefined ? `The ${what} are ${[...known].join(', ')}.` : `Was ${path}${near} meant?`
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
