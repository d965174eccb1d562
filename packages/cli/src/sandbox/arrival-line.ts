import { cut, printable, sizeText, type Output, type Paint } from '../output.js'
import type { Arrival } from './sandbox.js'

/** An arrival on one line: time, sender, recipients, size, subject. Cut to the width of a terminal, whole elsewhere. */
export function arrivalLine(
  { at, reversePath, recipients, sizeOctets, subject }: Arrival,
  out: Output,
  paint: Paint,
): string {
  const time = at.toTimeString().slice(0, 8)
  const size = sizeText(sizeOctets).padStart(7)
  const more = recipients.length > 2 ? ` and ${recipients.length - 1} more` : ''
  const named = recipients.length > 2 ? recipients.slice(0, 1) : recipients
  const route = printable(`${reversePath || '<>'} > ${named.join(', ')}`)
  const title = printable(subject) || '(no subject)'
  if (out.isTTY !== true) return `${time} ${size}  ${route}${more}  ${title}`
  const room = (out.columns ?? 80) - 1 - `${time} ${size}  `.length
  const width = Math.max(room - title.length - 2, Math.floor(room * 0.6)) // the title gives way first
  const shown = cut(route, width - more.length) + more
  return `${paint('dim', time)} ${size}  ${paint('cyan', shown)}  ${cut(title, Math.max(8, room - shown.length - 2))}`
}
