import { InvariantError } from '@posthorn/ground'
import { attachmentPart, type AttachmentPart } from './attachment-part.js'
import type { Draft } from './draft.js'
import { multipart, type Part } from './part.js'
import { randomHex, type RandomOctets } from './random-block.js'
import { refusal } from './refusal.js'
import { textPart } from './text-part.js'

/**
 * The body of a draft: text, or HTML, or both as alternatives; pictures beside the HTML that shows them (multipart/related);
 * attachments behind it all (multipart/mixed). A draft without any of them has an empty text.
 */
export async function bodyOf(draft: Draft, random: RandomOctets): Promise<Part> {
  const attachments: AttachmentPart[] = []
  for (const [index, attachment] of (draft.attachments ?? []).entries()) {
    attachments.push(await attachmentPart(attachment, `attachments[${index}]`))
  }
  refuseDoubleIds(attachments)
  const text = draft.text === undefined ? undefined : textPart('text/plain', bodyText(draft.text, 'text'))
  const html = draft.html === undefined ? undefined : textPart('text/html', bodyText(draft.html, 'html'))
  const pictures = html ? attachments.filter((part) => part.inline) : []
  const others = html ? attachments.filter((part) => !part.inline) : attachments
  if (attachments.length === 0 && !(text && html)) return endingLine(html ?? text ?? textPart('text/plain', ''))

  const boundary = boundaries([text, html], random)
  const shown = html && pictures.length > 0 ? multipart('related', boundary(3), [html, ...pictures], 'text/html') : html
  const readable = text && shown ? multipart('alternative', boundary(2), [text, shown]) : (shown ?? text)
  if (others.length === 0 && readable) return readable
  return multipart('mixed', boundary(1), readable ? [readable, ...others] : others)
}

function bodyText(value: unknown, field: string): string {
  if (typeof value === 'string') return value
  throw refusal(
    'draft.not-text',
    field,
    `must be a string, not ${value === null ? 'null' : typeof value}`,
    'Give a string, or leave the field out.',
  )
}

/** Content ends with a line end; in a text that is the whole body it has to be its own. */
function endingLine(part: Part): Part {
  const last = part.pieces.at(-1)
  if (part.endsLine || last === undefined || (typeof last === 'object' && 'base64' in last)) return part
  const ends = typeof last === 'string' ? last === '' || last.endsWith('\r\n') : last.at(-1) === 10
  return ends ? part : { ...part, pieces: [...part.pieces, '\r\n'] }
}

/**
 * Boundaries by level, as long as each other, so that none is the beginning of another. "=_" cannot occur in base64 and
 * quoted-printable (RFC 2045 6.7); texts that go as they are are searched for the random digits.
 */
function boundaries(texts: readonly (Part | undefined)[], random: RandomOctets): (level: 1 | 2 | 3) => string {
  const plain = texts.flatMap((part) => part?.pieces ?? []).filter((piece) => typeof piece === 'string')
  for (let attempt = 0; attempt < 100; attempt++) {
    const digits = randomHex(random, 16)
    if (!plain.some((piece) => piece.includes(digits))) return (level) => `=_${level}_${digits}`
  }
  throw new InvariantError('no boundary was found that the text does not hold; the random octets are not random')
}

function refuseDoubleIds(attachments: readonly AttachmentPart[]): void {
  const seen = new Set<string>()
  attachments.forEach(({ contentId }, index) => {
    if (contentId === undefined) return
    if (seen.has(contentId)) {
      throw refusal(
        'attachment.content-id',
        `attachments[${index}].contentId`,
        'is the Content-ID of another attachment too',
        'Give each picture an id of its own.',
      )
    }
    seen.add(contentId)
  })
}
