import { isObject } from '../../values.js'
import { malformed } from '../report.js'
import type { FieldEntry, ProfileRecord, Records } from './entries.js'
import { fieldAt, isHeading, pathIn, plainName } from './fields.js'

/** Tab, box, list of header fields, name. */
const MAX_DEPTH = 6

type Json = Readonly<Record<string, unknown>>

/**
 * One profile (`{ "ProfileName": ..., "Port": 25 }`, flat or with an object for each tab and box), a list of them, a list in a member
 * `profiles` with the name of the one in use in `active`, or an object of profiles by their names.
 * @throws {SettingsError} `import.format`, without any of the text
 */
export function recordsFromJson(text: string, entry: string): Records {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw malformed(entry, 'is not JSON', 'Write { "ProfileName": ..., "ServerName": ..., ... }, or CSV.')
  }
  if (Array.isArray(json)) return { profiles: profilesIn(json, entry), ordered: false }
  if (!isObject(json)) throw noProfiles(entry)
  const list = Object.entries(json).find(([key, value]) => LIST.test(key) && Array.isArray(value))
  if (list) {
    const beside = Object.entries(json).filter(([key]) => key !== list[0])
    const used = beside.find(([key]) => ACTIVE.test(plainName(key)))
    const entryOf = ([key, value]: readonly [string, unknown]): FieldEntry => ({ path: [key], text: textOf(value) })
    const others = beside.filter((member) => member !== used).map(entryOf)
    return { profiles: profilesIn(list[1] as unknown[], entry), active: used && entryOf(used), others, ordered: false }
  }
  const members = Object.entries(json)
  const byName = members.every(
    ([key, value]) => isObject(value) && !isHeading(key) && fieldAt(pathIn(key)) === undefined,
  )
  if (byName && members.length > 0) {
    const profiles = members.map(([name, value]) => ({ name, entries: [...entriesOf(value as Json, [])] }))
    return { profiles, ordered: false }
  }
  return { profiles: [{ entries: [...entriesOf(json, [])] }], ordered: false }
}

const LIST = /^(?:email[_ ]?)?profiles$/i
const ACTIVE = /^(?:active|activeprofile|inuse|current|currentprofile)$/

function profilesIn(list: readonly unknown[], entry: string): ProfileRecord[] {
  return list.map((item) => {
    if (!isObject(item)) throw noProfiles(entry)
    return { entries: [...entriesOf(item, [])] }
  })
}

function* entriesOf(json: Json, headings: readonly string[]): Generator<FieldEntry> {
  for (const [key, value] of Object.entries(json)) {
    const path = [...headings, ...pathIn(key)]
    const deeper = path.length < MAX_DEPTH
    if (isObject(value) && deeper) yield* entriesOf(value, path)
    else if (Array.isArray(value) && deeper && value.every((item) => isObject(item)))
      for (const item of value) yield* entriesOf(item, path)
    else yield { path, text: textOf(value) }
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value === null) return ''
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function noProfiles(entry: string): Error {
  return malformed(entry, 'holds no profiles', 'Write an object of fields for each profile.')
}
