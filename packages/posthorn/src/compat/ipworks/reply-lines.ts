import { replyText, type Reply } from '@posthorn/ground'

/** The lines of a reply as they came, without CRLF. */
export function replyLines(reply: Reply): string[] {
  const last = reply.lines.length - 1
  if (last <= 0) return [replyText(reply)]
  return reply.lines.map((line, index) => `${reply.code}${index === last ? ' ' : '-'}${line}`)
}
