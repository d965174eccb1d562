/** One whole reply of a server, RFC 5321 4.2. */
export interface Reply {
  /** The reply code, 200 to 599. */
  readonly code: number
  /** The enhanced status code (RFC 3463) when the text starts with one: `5.1.1`. */
  readonly enhanced?: string
  /** The text of each line, without code and separator; control characters are replaced, so it is safe to print. */
  readonly lines: readonly string[]
}

/** A reply on one line, as people read it: `550 5.1.1 no such mailbox`. */
export function replyText(reply: Reply): string {
  return `${reply.code} ${reply.lines.join(' ')}`.trimEnd()
}
