import type { CalendarInput } from '../draft.js'
import type { FieldStyle } from '../header/field-style.js'
import { fieldText } from '../header/field-text.js'
import { parameterizedField } from '../header/parameter.js'
import { ownFields } from '../own-draft.js'
import { refusal } from '../refusal.js'
import type { Leaf } from './part.js'
import { textLeaf, withCrlf } from './text-leaf.js'

/** An invitation as an alternative form of the text, and what an attachment with it would hold. */
export interface Calendar {
  readonly leaf: Leaf
  /** The object as it goes. */
  readonly content: string
  readonly filename: string | undefined
}

const KEYS = new Set(['content', 'method', 'filename'])

/**
 * An iCalendar object as text/calendar (RFC 6047 2.4): its method stands in the field and in the object, and both are the same. An object
 * without METHOD gets it behind its first line. Its lines are not folded anew; their ends become CRLF. A byte order mark and empty lines
 * before it are left out.
 * @throws {SettingsError} `draft.unknown-field`; `draft.calendar` for what is no iCalendar object, `draft.calendar-method`, `draft.control-character`
 */
export function calendarLeaf(input: CalendarInput, field: string, style?: FieldStyle): Calendar {
  if (typeof input !== 'object' || input === null) throw notACalendar(field)
  const calendar = ownFields<CalendarInput>(input, KEYS, `${field}.`)
  if (typeof calendar.content !== 'string') throw notACalendar(field)
  const filename = calendar.filename === undefined ? '' : fieldText(calendar.filename, `${field}.filename`)
  const given = withoutOuterEnds(withCrlf(calendar.content))
  const { methods, components } = facts(given, field)
  const [stated] = methods
  const method = calendar.method ?? stated ?? 'PUBLISH'
  if (typeof method !== 'string' || !/^[A-Za-z0-9-]{1,40}$/.test(method)) {
    throw refusal(
      'draft.calendar-method',
      `${field}.method`,
      'is not a method',
      'Use REQUEST, REPLY, CANCEL or the like.',
    )
  }
  if (methods.length > 1 || (stated !== undefined && stated.toUpperCase() !== method.toUpperCase())) {
    throw refusal(
      'draft.calendar-method',
      `${field}.method`,
      'is not the METHOD of the object',
      'Leave the method out, or write the same into the object, once (RFC 6047 2.4).',
    )
  }
  const begin = given.indexOf('\r\n')
  const content = `${stated === undefined ? `${given.slice(0, begin)}\r\nMETHOD:${method.toUpperCase()}${given.slice(begin)}` : given}\r\n`
  const component = components.size === 1 ? [...components][0] : undefined
  const parameters: [string, string][] = [['method', method.toUpperCase()]]
  if (component !== undefined) parameters.push(['component', component])
  const leaf = textLeaf(
    {
      fields: (charset) =>
        parameterizedField(
          'Content-Type',
          { value: 'text/calendar', parameters: [['charset', charset], ...parameters] },
          style,
        ),
    },
    content,
  )
  return { leaf, content, filename: filename === '' ? undefined : filename }
}

/** Of BEGIN, END and METHOD. */
const FIRST_LETTERS = 'BEMbem'

/** The properties of the object itself, in lines unfolded (RFC 5545 3.1), and which components it holds. */
function facts(content: string, field: string): { methods: string[]; components: Set<string> } {
  const unfolded = content.replace(/\r\n[ \t]/g, '')
  if (!/^BEGIN:VCALENDAR(?:\r\n[^]*)?\r\nEND:VCALENDAR$/i.test(unfolded)) throw notACalendar(field)
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(content)) throw notACalendar(field) // RFC 5545 3.1, CONTROL
  const methods: string[] = []
  const components = new Set<string>()
  let depth = 0
  for (let from = 0, end: number; from < unfolded.length; from = end + 2) {
    const found = unfolded.indexOf('\r\n', from)
    end = found < 0 ? unfolded.length : found
    if (!FIRST_LETTERS.includes(unfolded[from] ?? '')) continue // most lines, of which there may be many
    const line = unfolded.slice(from, end)
    const property = /^(BEGIN|END|METHOD)(?:;[^:]*)?:([^]*)$/i.exec(line)
    if (!property) continue
    if (/[\x85\u2028\u2029]/.test(line)) throw notACalendar(field) // the end of the line for some readers, and not for others
    const name = property[1]!.toUpperCase()
    const value = property[2]!.trim().toUpperCase()
    if (name === 'METHOD' && depth === 1) methods.push(value)
    if (name === 'BEGIN' && depth++ === 1 && /^V(?:EVENT|TODO|JOURNAL|FREEBUSY)$/.test(value)) components.add(value)
    if (name === 'END') depth--
  }
  if (depth !== 0) throw notACalendar(field)
  return { methods, components }
}

function withoutOuterEnds(lines: string): string {
  let start = lines.startsWith('\ufeff') ? 1 : 0
  let end = lines.length
  while (lines.startsWith('\r\n', start)) start += 2
  while (end > start && lines.startsWith('\r\n', end - 2)) end -= 2
  return lines.slice(start, end)
}

function notACalendar(field: string) {
  return refusal(
    'draft.calendar',
    `${field}.content`,
    'is not an iCalendar object',
    'It begins with BEGIN:VCALENDAR and ends with END:VCALENDAR (RFC 5545 3.4).',
  )
}
