import { isObject } from '../../values.js'
import { malformed } from '../report.js'
import { isClientSection, type GenesysApplication, type GenesysOption, type GenesysSection } from './section.js'

/** How deep sections may lie: environment, tenant, folder, application, options. */
const MAX_DEPTH = 10

type Json = Readonly<Record<string, unknown>>

/**
 * A JSON export. Sections are members by their name (`{ "smtp-client": { "port": "25" } }`), objects with a name and options
 * (`{ "name": "smtp-client", "options": { ... } }`), or rows (`{ "section": "smtp-client", "option": "port", "value": "25" }`). They may lie
 * in an Application (`{ "name": "EmailServer", "options": { ... } }`), and several of these in a list.
 * @throws {SettingsError} `import.format` for text that is not JSON, without any of it
 */
export function applicationsFromJson(text: string, entry: string): GenesysApplication[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // no cause: it would repeat a piece of the text
    throw malformed(entry, 'is not JSON', 'Export the options again, as JSON, XML or an options file.')
  }
  return [...applicationsIn(json, undefined, 0)]
}

function* applicationsIn(json: unknown, application: string | undefined, depth: number): Generator<GenesysApplication> {
  if (depth > MAX_DEPTH) return
  if (Array.isArray(json)) {
    const items = json.filter((item) => isObject(item))
    const rows = items.filter((item) => isRow(item))
    if (rows.some((row) => isClientSection(textOf(row['section'])!))) {
      yield* applicationsOfRows(rows, application)
      for (const item of items) if (!isRow(item)) yield* applicationsIn(item, application, depth + 1)
    } else if (items.some((item) => isClientSection(nameOf(item) ?? ''))) {
      yield* applicationOf(
        items.map((item) => ({ name: nameOf(item), options: optionsMember(item), whole: item, of: application })),
        application,
        depth,
      )
    } else for (const item of items) yield* applicationsIn(item, application, depth + 1)
    return
  }
  if (!isObject(json)) return
  const members = Object.entries(json)
  if (members.some(([name, value]) => isClientSection(name) && typeof value === 'object')) {
    const beside = members.map(([name, value]) => ({
      name,
      options: value,
      whole: value,
      of: innerName(json, name, value) ?? application,
    }))
    yield* applicationOf(beside, application, depth)
    return
  }
  // an object with a section's name and its options, all alone
  if (isClientSection(nameOf(json) ?? '')) {
    yield { name: application, sections: sectionOf(nameOf(json), optionsMember(json)) }
    return
  }
  for (const [key, value] of members) {
    if (typeof value !== 'object') continue
    yield* applicationsIn(value, innerName(json, key, value) ?? application, depth + 1)
  }
}

const innerName = (json: Json, key: string, value: unknown) =>
  OF_OPTIONS.test(key) || Array.isArray(value) ? nameOf(json) : key

/** What may be a section, beside one that is. */
interface Beside {
  readonly name: string | undefined
  readonly options: unknown
  /** Where sections that lie deeper are looked for. */
  readonly whole: unknown
  /** The Application those belong to. */
  readonly of: string | undefined
}

/** Sections beside each other, then the Applications that lie deeper in what is no section of outgoing mail itself. */
function* applicationOf(
  beside: readonly Beside[],
  application: string | undefined,
  depth: number,
): Generator<GenesysApplication> {
  const sections: GenesysSection[] = []
  const deeper: GenesysApplication[] = []
  for (const { name, options, whole, of } of beside) {
    const inside = isClientSection(name ?? '') ? [] : [...applicationsIn(whole, of, depth + 1)]
    if (inside.length > 0) deeper.push(...inside)
    else sections.push(...sectionOf(name, options))
  }
  yield { name: application, sections }
  yield* deeper
}

/** Members that hold options or Applications and give no name themselves. */
const OF_OPTIONS =
  /^(?:options|annex|properties|userProperties|applications?|cfgApplication|configuration|data|sections)$/i

const isRow = (item: Json) => textOf(item['section']) !== undefined && optionName(item) !== undefined

function* applicationsOfRows(rows: readonly Json[], application: string | undefined): Generator<GenesysApplication> {
  const applications = new Map<string | undefined, Map<string, GenesysOption[]>>()
  for (const row of rows) {
    const of = textOf(row['application']) ?? application
    const sections = applications.get(of) ?? new Map<string, GenesysOption[]>()
    applications.set(of, sections)
    const section = textOf(row['section'])!
    const options = sections.get(section) ?? []
    sections.set(section, options)
    options.push({ name: optionName(row)!, value: textOf(row['value'])?.trim() })
  }
  for (const [name, sections] of applications)
    yield { name, sections: [...sections].map(([section, options]) => ({ name: section, options })) }
}

function sectionOf(name: string | undefined, value: unknown): GenesysSection[] {
  if (name === undefined) return []
  if (Array.isArray(value)) {
    const items = value.filter((item) => isObject(item))
    const options = items.flatMap((item) => optionOf(optionName(item), item['value']))
    return [{ name, options }]
  }
  if (!isObject(value)) return []
  return [{ name, options: Object.entries(value).flatMap(([option, inner]) => optionOf(option, inner)) }]
}

function optionOf(name: string | undefined, value: unknown): GenesysOption[] {
  const text = textOf(isObject(value) ? value['value'] : value)
  return name === undefined ? [] : [{ name, value: text?.trim() }]
}

const nameOf = (item: Json) => textOf(item['name']) ?? textOf(item['section']) ?? textOf(item['key'])
const optionName = (item: Json) => textOf(item['option']) ?? textOf(item['key']) ?? textOf(item['name'])
const optionsMember = (item: Json) => item['options'] ?? item['properties'] ?? item['values'] ?? item['value']

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value === null) return ''
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}
