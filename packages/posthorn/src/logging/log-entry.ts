import { printable, printableJson } from './printable.js'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

/** What is worth writing down. Never content, a subject or a secret. */
export interface LogEntry {
  readonly level: LogLevel
  /** One word for what happened, the same each time: `connect`, `accepted`. */
  readonly event: string
  /** The sentence for people. */
  readonly text: string
  /** What else is known of it, by name. Texts, numbers, truth values and lists of them; anything else is written as its text. */
  readonly facts?: Readonly<Record<string, unknown>> | undefined
}

/** An entry as it is written: bounded, and with nothing in it that could end a line or move a cursor. */
export interface WrittenEntry {
  readonly at: Date
  readonly level: LogLevel
  readonly event: string
  readonly text: string
  readonly facts: Readonly<Record<string, string | number | boolean>>
}

/** The most important first. */
export const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']

const MAX_TEXT = 4000
const MAX_FACTS = 32
const MAX_FACT = 2000

/**
 * The entry as it is written.
 * @param hide takes out what must not be seen, before anything is escaped
 */
export function writtenEntry(entry: LogEntry, at: Date, hide: (text: string) => string): WrittenEntry {
  const facts = Object.entries(entry.facts ?? {})
    .filter(([, value]) => value !== undefined && value !== null)
    .slice(0, MAX_FACTS)
    .map(([name, value]) => [name.replace(/[^\w.-]/g, '_').slice(0, 32), factOf(value, hide)] as const)
  return {
    at,
    level: entry.level,
    event: entry.event.replace(/[^\w.-]/g, '_').slice(0, 32) || '-',
    text: printable(hide(entry.text), MAX_TEXT),
    facts: Object.fromEntries(facts),
  }
}

/** The time, the level, what happened, the sentence and the facts on one line. */
export function entryText({ at, level, event, text, facts }: WrittenEntry): string {
  const known = Object.entries(facts).map(([name, value]) => ` ${name}=${factText(value)}`)
  return `${at.toISOString()} ${level.padEnd(5)} ${event}: ${text}${known.join('')}`
}

/** One JSON object on one line: `time`, `level`, `event`, `text`, `facts`. */
export function entryJson({ at, level, event, text, facts }: WrittenEntry): string {
  return printableJson({ time: at.toISOString(), level, event, text, facts })
}

function factOf(value: unknown, hide: (text: string) => string): string | number | boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return printable(hide(textOf(value)), MAX_FACT)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return value.message
  if (Array.isArray(value)) return value.map((each) => textOf(each)).join(', ')
  if (typeof value === 'object' && value !== null) return JSON.stringify(value)
  return String(value)
}

function factText(value: string | number | boolean): string {
  return typeof value === 'string' && !/^[^\s"=]+$/.test(value) ? JSON.stringify(value) : String(value)
}
