import type { Content, ContentEncoding } from '@posthorn/ground'
import { contentOf } from './body/content.js'
import { carries, wider, type Body, type Part } from './body/part.js'
import { refusal } from './refusal.js'

/**
 * A header section and a body as content, rendered for one path and again for any other on request.
 * @param header without the Content- fields of the body
 * @param part what `body` rendered
 */
export function openContent(
  header: string,
  body: Body,
  part: Part,
  utf8Header: boolean,
  release?: () => void,
): Content {
  const content = withHeader(header, part, utf8Header, release, (widest) => {
    const other = body.render(widest)
    return isSame(part, other) ? content : openContent(header, body, other, utf8Header, release)
  })
  return content
}

/** The same for a part that must stay as it is, since it is signed. */
export function sealedContent(header: string, part: Part, utf8Header: boolean, release?: () => void): Content {
  const content = withHeader(header, part, utf8Header, release, (widest) => {
    if (carries(widest, part.encoding)) return content
    throw refusal(
      'content.signed',
      'body',
      `is signed as ${part.encoding ?? '7bit'} and must not be changed, but the path carries only ${widest}`,
      'Put the ready part into base64 or quoted-printable before it is signed.',
    )
  })
  return content
}

function withHeader(
  header: string,
  part: Part,
  utf8Header: boolean,
  release: (() => void) | undefined,
  recode: (widest: ContentEncoding) => Content,
): Content {
  const encoding = utf8Header ? wider(part.encoding, '8bit') : (part.encoding ?? '7bit')
  const pieces = [`${header}${part.fields}\r\n`, ...part.pieces]
  return contentOf(pieces, encoding, release ? { utf8Header, recode, release } : { utf8Header, recode })
}

function isSame(a: Part, b: Part): boolean {
  if (a === b) return true
  return (
    a.fields === b.fields &&
    a.pieces.length === b.pieces.length &&
    a.pieces.every((piece, index) => piece === b.pieces[index])
  )
}
