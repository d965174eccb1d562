import { malformed, type Place } from '../report.js'

/** A parameter as it is written. */
export interface Parameter {
  readonly value: string
  readonly line: number
}

/** The parameters of a main.cf, and what is wrong in it. */
export interface MainCf {
  /** The last line of a name counts. */
  readonly parameters: ReadonlyMap<string, Parameter>
  /** Earlier lines of the same name. */
  readonly overruled: readonly Place[]
  /** Lines that are no parameter. */
  readonly stray: readonly number[]
}

const MAX_LINES = 50_000
const MAX_PARAMETERS = 5000
const MAX_VALUE = 10_000
const MAX_DEPTH = 10
/** Variables that are filled in for one value, all in all: empty ones take no room, but time. */
const MAX_STEPS = 1000

/** Reads the lines of a main.cf: a line that begins with a blank goes on with the one before it. @throws {SettingsError} `import.format` */
export function readMainCf(text: string): MainCf {
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.length > MAX_LINES)
    throw malformed('main.cf', `has more than ${MAX_LINES} lines`, 'Import the mail settings alone.')
  const parameters = new Map<string, Parameter>()
  const overruled: Place[] = []
  const stray: number[] = []
  for (const { text: whole, line } of logicalLines(lines)) {
    const [, name, value = ''] = /^([A-Za-z0-9_]{1,100})\s*=\s*(.*)$/s.exec(whole) ?? []
    if (name === undefined) {
      stray.push(line)
      continue
    }
    const earlier = parameters.get(name)
    if (earlier) overruled.push({ entry: name, line: earlier.line })
    parameters.delete(name)
    parameters.set(name, { value: value.trim(), line })
    if (parameters.size > MAX_PARAMETERS || overruled.length > MAX_LINES)
      throw malformed('main.cf', `has more than ${MAX_PARAMETERS} parameters`, 'Import the mail settings alone.')
  }
  return { parameters, overruled, stray }
}

function logicalLines(lines: readonly string[]): { text: string; line: number }[] {
  const logical: { parts: string[]; line: number }[] = []
  for (const [index, given] of lines.entries()) {
    if (/^\s*(?:#|$)/.test(given)) continue
    const last = logical.at(-1)
    if (/^\s/.test(given) && last) last.parts.push(given.trim())
    else logical.push({ parts: [given.trimEnd()], line: index + 1 })
  }
  return logical.map(({ parts, line }) => ({ text: parts.join(' '), line }))
}

/**
 * A value with `$name`, `${name}`, `$(name)` and the conditional forms `${name?text}` and `${name:text}` filled in. Undefined when it names a
 * parameter that is not written and has no known value, or goes in circles.
 */
export function expanded(
  value: string,
  lookUp: (name: string) => string | undefined,
  depth = 0,
  room = { steps: MAX_STEPS },
): string | undefined {
  if (!value.includes('$')) return value
  if (depth > MAX_DEPTH || value.length > MAX_VALUE) return undefined
  let whole = ''
  for (let at = 0; at < value.length;) {
    const dollar = value.indexOf('$', at)
    whole += value.slice(at, dollar === -1 ? undefined : dollar)
    if (dollar === -1) break
    if (value[dollar + 1] === '$') {
      whole += '$'
      at = dollar + 2
      continue
    }
    const form = /^\$(?:(\w+)|\((\w+)\)|\{(\w+)(?:([?:])([^{}$]*))?\})/.exec(value.slice(dollar, dollar + 1000))
    if (!form || --room.steps < 0) return undefined
    const given = lookUp((form[1] ?? form[2] ?? form[3])!)
    const inner = given === undefined ? undefined : expanded(given, lookUp, depth + 1, room)
    const filled = form[4] === undefined ? inner : ((inner ?? '') !== '') === (form[4] === '?') ? form[5] : ''
    if (filled === undefined) return undefined
    whole += filled
    if (whole.length > MAX_VALUE) return undefined
    at = dollar + form[0].length
  }
  return whole
}
