import { bounded } from '../report.js'

/** A login out of a map of passwords. */
export interface MapLogin {
  readonly user: string
  readonly password: string
}

/** What a map says about a relay: a login, that it has none, that its file was not given, or that this kind of map cannot be read. */
export type MapAnswer = MapLogin | 'none' | 'no-file' | 'no-text'

/** Kinds of maps whose source is a text file with a line for each key. */
const TEXT_MAPS: ReadonlySet<string> = new Set(['hash', 'texthash', 'btree', 'lmdb', 'cdb', 'dbm', 'sdbm'])

const MAX_LINES = 100_000

/**
 * Looks a relay up in `smtp_sasl_password_maps`.
 * @param keys what it is looked up by, the first one first
 * @param files the texts of files, by their path or name
 */
export function lookUpLogin(maps: string, keys: readonly string[], files: Readonly<Record<string, string>>): MapAnswer {
  let answer: MapAnswer = 'none'
  for (const map of mapsIn(maps)) {
    const [, type = '', rest = ''] = /^(\w+):(.*)$/s.exec(map.trim()) ?? []
    if (type === 'static') return login(/^\{.*\}$/s.test(rest) ? rest.slice(1, -1).trim() : rest)
    const text = TEXT_MAPS.has(type) ? fileNamed(rest.trim(), files) : undefined
    if (!TEXT_MAPS.has(type)) answer = 'no-text'
    else if (text === undefined) answer = 'no-file'
    else {
      const found = lineFor(text, keys)
      if (found !== undefined) return login(found)
    }
  }
  return answer
}

/** `type:name` each; what has no type goes on with the one before it. */
function mapsIn(text: string): string[] {
  const maps: string[] = []
  for (const word of text.split(/[\s,]+/)) {
    if (maps.length === 0 || /^[a-z]+:/.test(word)) maps.push(word)
    else maps[maps.length - 1] += ` ${word}`
  }
  return maps
}

function login(text: string): MapLogin {
  const colon = text.indexOf(':')
  return colon === -1 ? { user: text, password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

function fileNamed(path: string, files: Readonly<Record<string, string>>): string | undefined {
  const base = path.slice(path.lastIndexOf('/') + 1)
  const name = [path, base].find((each) => each !== '' && Object.hasOwn(files, each))
  return name === undefined ? undefined : bounded(files[name]!, 'smtp_sasl_password_maps')
}

function lineFor(text: string, keys: readonly string[]): string | undefined {
  const wanted = keys.map((key) => key.toLowerCase())
  const found = new Map<string, string>()
  for (const line of text.split(/\r\n|\n|\r/, MAX_LINES)) {
    const [, key, value] = /^([^\s#]\S*)\s+(\S.*)$/.exec(line) ?? []
    if (key === undefined || value === undefined) continue
    if (wanted.includes(key.toLowerCase()) && !found.has(key.toLowerCase())) found.set(key.toLowerCase(), value.trim())
  }
  const first = wanted.find((key) => found.has(key))
  return first === undefined ? undefined : found.get(first)
}
