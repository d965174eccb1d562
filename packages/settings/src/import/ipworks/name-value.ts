import { malformed } from '../report.js'

/** One setting as it is written. */
export interface NameValue {
  readonly name: string
  readonly value: string
  readonly line: number
}

/** What a text says, and the lines that say nothing. */
export interface NameValues {
  readonly entries: readonly NameValue[]
  readonly strays: readonly number[]
}

const MAX_LINES = 50_000
const MAX_ENTRIES = 5000

/** `Name=Value`, also with an object before the name and quotes around the value, as in a program. */
const ASSIGNED = /^(?:[A-Za-z_$][\w$]{0,60}\.)?([A-Za-z][\w.]{0,60})[ \t]*=[ \t]*(.*)$/s
/** `object.Config("Name=Value")`. */
const CONFIG = /^(?:[A-Za-z_$][\w$]{0,60}\.)?Config\([ \t]*"([A-Za-z]\w{0,60})[ \t]*=(.*)"[ \t]*\)[ \t]*;?$/is
/** `object.setName(value)`. */
const SETTER = /^(?:[A-Za-z_$][\w$]{0,60}\.)?set([A-Z]\w{0,60})\((.*)\)[ \t]*;?$/s
/** Groups whose fields are settings of their own; any other word before a dot is the object of a program. */
const GROUP = /^(?:Firewall|SSLCert|SSLAcceptServerCert)\./i

const PEM_BEGIN = '-----BEGIN '
const PEM_END = '-----END '

/** Reads the settings of an IPWorks component. Certificates in PEM go on over several lines. @throws {SettingsError} `import.format` */
export function readNameValues(text: string): NameValues {
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.length > MAX_LINES)
    throw malformed('IPWorks', `has more than ${MAX_LINES} lines`, 'Import the mail settings alone.')
  const entries: { name: string; value: string; line: number }[] = []
  const strays: number[] = []
  let inPem = false
  for (const [index, given] of lines.entries()) {
    const trimmed = given.trim()
    const last = entries.at(-1)
    if (last && (inPem || (trimmed.startsWith(PEM_BEGIN) && last.value.includes(PEM_END)))) {
      last.value += `\n${trimmed}`
      inPem = !trimmed.startsWith(PEM_END)
      continue
    }
    if (trimmed === '' || /^(?:#|;|\/\/|\[)/.test(trimmed)) continue
    const found = entryOf(trimmed)
    if (!found) strays.push(index + 1)
    else {
      entries.push({ ...found, line: index + 1 })
      inPem = found.value.includes(PEM_BEGIN) && !found.value.includes(PEM_END)
    }
    if (entries.length > MAX_ENTRIES)
      throw malformed('IPWorks', `has more than ${MAX_ENTRIES} settings`, 'Import the mail settings alone.')
  }
  return { entries, strays }
}

function entryOf(line: string): { name: string; value: string } | undefined {
  const config = CONFIG.exec(line)
  if (config) return { name: config[1]!, value: unescaped(config[2]!) }
  const setter = SETTER.exec(line)
  if (setter) return { name: setter[1]!, value: unquoted(setter[2]!.trim()) }
  // a group is no object of a program
  const grouped = GROUP.test(line) ? /^([A-Za-z]+\.[A-Za-z]\w{0,60})[ \t]*=[ \t]*(.*)$/s.exec(line) : undefined
  const assigned = grouped ?? ASSIGNED.exec(line)
  return assigned ? { name: assigned[1]!, value: unquoted(assigned[2]!.trim()) } : undefined
}

/** In quotes it is a text of a program, with its escapes. */
function unquoted(value: string): string {
  const text =
    value.endsWith(';') && /["\w)];$/.test(value) && value.startsWith('"') ? value.slice(0, -1).trimEnd() : value
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return value
  return unescaped(text.slice(1, -1))
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (whole, next: string) =>
    next === 'r' ? '\r' : next === 'n' ? '\n' : next === 't' ? '\t' : next === '"' || next === '\\' ? next : whole,
  )
}
