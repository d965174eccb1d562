import type { Draft } from '../draft.js'
import { refusal } from '../refusal.js'

interface Asked {
  readonly xPriority?: number
  readonly priority: string
  readonly importance?: string
}

const PRIORITIES = new Map<unknown, Asked>([
  ['urgent', { priority: 'urgent' }],
  ['normal', { priority: 'normal' }],
  ['non-urgent', { priority: 'non-urgent' }],
  ['high', { xPriority: 1, priority: 'urgent', importance: 'high' }],
  ['low', { xPriority: 5, priority: 'non-urgent', importance: 'low' }],
])
const IMPORTANCES = named('high', 'normal', 'low')
const SENSITIVITIES = new Map<unknown, string>([
  ['personal', 'Personal'],
  ['private', 'Private'],
  ['company-confidential', 'Company-Confidential'],
])
const AUTO_SUBMITTED = named('no', 'auto-generated', 'auto-replied', 'auto-notified')

/**
 * X-Priority, Priority, Importance, Sensitivity and Auto-Submitted, each with its CRLF, those that the draft asks for. What `importance`
 * and `xPriority` say wins over what `priority` brings along.
 * @throws {SettingsError} `draft.priority`, `draft.importance`, `draft.x-priority`, `draft.sensitivity`, `draft.auto-submitted`
 * @source RFC 2156 5.3; RFC 3834 5
 */
export function importanceFields(
  draft: Pick<Draft, 'priority' | 'importance' | 'xPriority' | 'sensitivity' | 'autoSubmitted'>,
): string {
  const { priority, importance, xPriority, sensitivity, autoSubmitted } = draft
  const asked = priority === undefined ? undefined : choice(PRIORITIES, priority, 'draft.priority', 'priority')
  const number = xPriority === undefined ? asked?.xPriority : oneToFive(xPriority)
  const level =
    importance === undefined ? asked?.importance : choice(IMPORTANCES, importance, 'draft.importance', 'importance')
  let fields = ''
  if (number !== undefined) fields += `X-Priority: ${number}\r\n`
  if (asked !== undefined) fields += `Priority: ${asked.priority}\r\n`
  if (level !== undefined) fields += `Importance: ${level}\r\n`
  if (sensitivity !== undefined)
    fields += `Sensitivity: ${choice(SENSITIVITIES, sensitivity, 'draft.sensitivity', 'sensitivity')}\r\n`
  if (autoSubmitted !== undefined)
    fields += `Auto-Submitted: ${choice(AUTO_SUBMITTED, autoSubmitted, 'draft.auto-submitted', 'autoSubmitted')}\r\n`
  return fields
}

function named(...names: string[]): ReadonlyMap<unknown, string> {
  return new Map(names.map((name) => [name, name]))
}

function choice<T>(table: ReadonlyMap<unknown, T>, key: unknown, code: string, field: string): T {
  const found = table.get(key)
  if (found !== undefined) return found
  throw refusal(code, field, `is none of ${[...table.keys()].join(', ')}`, 'Use one of them, or leave it out.')
}

function oneToFive(number: unknown): number {
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= 5) return number
  throw refusal(
    'draft.x-priority',
    'xPriority',
    'is not a whole number from 1 to 5',
    '1 is the highest; or leave it out.',
  )
}
