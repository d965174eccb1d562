import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import type { CalendarInput } from '../draft.js'
import { calendarLeaf } from './calendar-leaf.js'
import { contentOf } from './content.js'

const event = (method: string) =>
  `BEGIN:VCALENDAR\nVERSION:2.0\n${method}BEGIN:VEVENT\nUID:1\nDESCRIPTION:a lo\n ng line\nEND:VEVENT\nEND:VCALENDAR\n`

async function made(input: CalendarInput, widest: '7bit' | '8bit' = '7bit') {
  const part = calendarLeaf(input, 'calendar').leaf.render(widest)
  return { fields: part.fields, text: (await collect(contentOf(part.pieces, part.encoding ?? '7bit'))).toString() }
}
const refusal = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', code, field })

describe('a calendar as a part', () => {
  it('says the method of the object and its component, and leaves its lines as they are (RFC 6047 2.4)', async () => {
    const { fields, text } = await made({ content: event('METHOD:REQUEST\n') })
    expect(fields).toBe(
      'Content-Type: text/calendar; charset=utf-8; method=REQUEST; component=VEVENT\r\nContent-Transfer-Encoding: 7bit\r\n',
    )
    expect(text).toBe(event('METHOD:REQUEST\n').replaceAll('\n', '\r\n'))
  })

  it('writes a method into an object that has none', async () => {
    const { fields, text } = await made({ content: event(''), method: 'cancel' })
    expect(fields).toContain('method=CANCEL')
    expect(text.split('\r\n').slice(0, 3)).toEqual(['BEGIN:VCALENDAR', 'METHOD:CANCEL', 'VERSION:2.0'])
    expect((await made({ content: event('') })).fields).toContain('method=PUBLISH')
  })

  it('finds a method in a folded line, and none that belongs to a component', async () => {
    expect((await made({ content: event('MET\n HOD:REP\n LY\n') })).fields).toContain('method=REPLY')
    const inner = event('').replace('UID:1', 'METHOD:COUNTER')
    expect((await made({ content: inner })).fields).toContain('method=PUBLISH')
  })

  it('goes as 8bit where that is carried', async () => {
    const content = event('METHOD:REQUEST\n').replace('a lo', 'Größe')
    expect((await made({ content }, '8bit')).fields).toContain('Transfer-Encoding: 8bit')
    expect((await made({ content })).fields).toContain('quoted-printable')
  })

  it.each<[CalendarInput, string, string]>([
    [{ content: event('METHOD:REQUEST\n'), method: 'REPLY' }, 'draft.calendar-method', 'calendar.method'],
    [{ content: event('METHOD:REQUEST\nMETHOD:REQUEST\n') }, 'draft.calendar-method', 'calendar.method'],
    [{ content: event(''), method: 'A\r\nX: y' }, 'draft.calendar-method', 'calendar.method'],
    [{ content: 'hello' }, 'draft.calendar', 'calendar.content'],
    [{ content: 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR' }, 'draft.calendar', 'calendar.content'],
    [{ content: event('').replace('UID:1', 'UID:\0') }, 'draft.calendar', 'calendar.content'],
    [{ content: 5 as unknown as string }, 'draft.calendar', 'calendar.content'],
    [{ content: event(''), filename: 'a\nb' }, 'draft.control-character', 'calendar.filename'],
  ])('%j is refused', (input, code, field) => {
    expect(() => calendarLeaf(input, 'calendar')).toThrow(refusal(code, field))
  })

  it('sees every METHOD, whatever its line ends with', () => {
    for (const end of ['\u2028', '\u2029', '\x85'])
      expect(() => calendarLeaf({ content: event(`METHOD:CANCEL${end}\n`) }, 'calendar')).toThrow(
        refusal('draft.calendar', 'calendar.content'),
      )
  })

  it('may begin with a byte order mark and empty lines', async () => {
    const content = `\ufeff\r\n\n${event('METHOD:REQUEST\n')}\n`
    expect((await made({ content })).text).toBe(event('METHOD:REQUEST\n').replaceAll('\n', '\r\n'))
  })

  it('has its own fields only, and none that is unknown', () => {
    const misspelt = { content: event(''), fileName: 'x.ics' } as CalendarInput
    expect(() => calendarLeaf(misspelt, 'calendar')).toThrow(refusal('draft.unknown-field', 'calendar.fileName'))
    const inheriting = Object.create({ filename: 'polluted.ics' }) as CalendarInput
    expect(calendarLeaf(Object.assign(inheriting, { content: event('') }), 'calendar').filename).toBeUndefined()
  })

  it('takes linear time for a million empty lines', () => {
    expect(() => calendarLeaf({ content: `${'\n'.repeat(1_000_000)}x` }, 'calendar')).toThrow()
  })
})
