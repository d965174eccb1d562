// How the lines of a header section must be folded.

/** These go as they are, however short a line is to be: they are not ours to fold, or have no place for it. */
const FIXED =
  /^(?:Date|X-Priority|Priority|Importance|Sensitivity|List-Unsubscribe-Post|Auto-Submitted|Disposition-Notification-To|Return-Receipt-To|MIME-Version|Content-[^:]*|DKIM-Signature):/i

/**
 * What is wrong with the folding; undefined when no line is longer than it may be and could have been folded: at white space that is
 * neither at its beginning nor within quotation marks.
 */
export function headerLineProblem(lines, { foldAt, utf8 }) {
  let limit = foldAt
  for (const line of lines) {
    if (!/^[ \t]/.test(line)) limit = FIXED.test(line) ? Math.max(foldAt, 76) : foldAt
    const length = utf8 && foldAt < 332 ? Buffer.from(line, 'latin1').toString().length : line.length
    if (line.length > 998) return `a header line of ${line.length} octets`
    const hasWord = /(?:^|[ \t:])=\?[^?\s]+\?[bq]\?[^?\s]*\?=/i.test(line)
    const most = hasWord && foldAt < 998 ? Math.min(limit, 76) : limit
    if (length <= most) continue
    const body = line.replace(/^[ \t]+/, '').replace(/"(?:[^"\\]|\\.)*"/g, '""')
    if (/[ \t]/.test(body.trimEnd()))
      return `a header line of ${length}, which could be folded before ${most}: ${JSON.stringify(line)}`
    if (hasWord && foldAt < 998 && length > 76)
      return `a line of ${length} with an encoded-word: ${JSON.stringify(line)}`
  }
  return undefined
}
