import { SETTINGS } from '@posthorn/settings'
import type { ReportLine, Verdict } from '@posthorn/settings/import'
import { fold, paintFor, printable, type Output, type Style } from '../output.js'

/** How each verdict is said, and in which colour. */
const VERDICTS: Readonly<Record<Verdict, readonly [word: string, style: Style | undefined]>> = {
  taken: ['taken', 'green'],
  changed: ['changed', 'cyan'],
  defaulted: ['default', 'dim'],
  ignored: ['ignored', 'dim'],
  lost: ['LOST', 'red'],
  unknown: ['unknown', 'yellow'],
}

/** The report of an import for people: one line for each entry, then what it comes to. */
export function showReport(report: readonly ReportLine[], out: Output): void {
  const paint = paintFor(out)
  const width = Math.min(44, Math.max(0, ...report.map((line) => entryOf(line).length)))
  for (const line of report) {
    const [word, style] = VERDICTS[line.verdict]
    const mark = style === undefined ? word.padEnd(8) : paint(style, word.padEnd(8))
    const settings = line.settings?.length ? ` -> ${[...new Set(line.settings)].join(', ')}` : ''
    const unsafe = line.unsafe ? ` UNSAFE${reason(line)}` : ''
    const note = line.note === undefined ? '' : `: ${printable(line.note)}`
    const text = fold(`${entryOf(line).padEnd(width)}${settings}${unsafe}${note}`, out, 12)
    out.write(`${mark} ${line.unsafe ? paint('yellow', text) : text}\n`)
  }
  const counts = Object.entries(VERDICTS).flatMap(([verdict, [word]]) => {
    const count = report.filter((line) => line.verdict === verdict).length
    return count === 0 ? [] : [`${count} ${word.toLowerCase()}`]
  })
  const unsafe = report.filter((line) => line.unsafe).length
  out.write(
    `${paint('bold', counts.join(', ') || 'nothing was read')}${unsafe === 0 ? '' : paint('yellow', `; ${unsafe} unsafe`)}\n`,
  )
}

/** What an unsafe setting does, in its own sentence; a note of the importer says it better. */
function reason({ note, settings = [] }: ReportLine): string {
  if (note !== undefined) return ''
  const says = settings.map((path) => SETTINGS.get(path)).find((setting) => setting?.weakens)?.says
  return says === undefined ? '' : `: ${says}`
}

function entryOf({ entry, line, file, of }: ReportLine): string {
  const place = [file, line === undefined ? undefined : `line ${line}`, of].filter((each) => each !== undefined)
  return `${printable(entry)}${place.length === 0 ? '' : ` (${printable(place.join(', '))})`}`
}
