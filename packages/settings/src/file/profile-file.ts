import { Secret, SettingsError } from '@posthorn/ground/portable'
import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  stringify,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { MAX_PROBLEMS, problemsError, settingProblems } from '../check-profile.js'
import type { Profile } from '../profile/profile.js'
import { GROUPS, SETTINGS } from '../table.js'
import { fromValues, isObject, valuesOf } from '../values.js'

/** What a profile file holds: a profile, and what is said otherwise for some sites. */
export interface ProfileDocument {
  readonly profile: Profile
  /** By the code of the site; each is laid over the profile. */
  readonly sites: Readonly<Record<string, Profile>>
}

/** A profile is written by people; nothing they need is larger. */
const MAX_CHARACTERS = 1_000_000
const MAX_SITES = 10_000
/** As often as there may be sites. */
const MAX_ALIASES = MAX_SITES

const PARSING = {
  version: '1.2',
  strict: true,
  uniqueKeys: false, // the library compares each key with all before it
  merge: false,
  logLevel: 'silent',
} as const

/**
 * The text of a profile file, in YAML or JSON (which is YAML, too). Each setting is checked here; whether they go together is judged when
 * the layers are put together, since a profile may lack what a site or the environment says.
 * @throws {SettingsError} `settings.file-format`, `settings.unknown`, `settings.value`
 */
export function readProfileFile(text: string): ProfileDocument {
  const { sites: given, ...others } = parse(text)
  const profile = withoutEmptyGroups(others)
  const problems = settingProblems(profile)
  const sites = given ?? {}
  if (!isObject(sites)) throw malformed('sites', 'must be an object with one entry for each site')
  const entries = Object.entries(sites)
  if (entries.length > MAX_SITES) throw malformed('sites', `has more than ${MAX_SITES} entries`)
  const read = entries.map(([site, settings]) => [site, withoutEmptyGroups(settings ?? {})] as const)
  for (const [site, settings] of read) {
    if (problems.length >= MAX_PROBLEMS) break
    const below = /^[\w-]{1,40}$/.test(site) ? `sites.${site}` : 'sites'
    for (const each of settingProblems(settings)) problems.push({ ...each, path: `${below}.${each.path}` })
  }
  if (problems.length > 0) throw problemsError(problems)
  return { profile: profile as Profile, sites: Object.fromEntries(read) as Record<string, Profile> }
}

/** A group with nothing below it, `tls:`, is as good as left out. */
function withoutEmptyGroups(settings: unknown, below = ''): unknown {
  if (!isObject(settings)) return settings
  const kept = Object.entries(settings).flatMap(([key, value]) => {
    const path = below === '' ? key : `${below}.${key}`
    if (!GROUPS.has(path) || SETTINGS.has(path)) return [[key, value]]
    return value === null ? [] : [[key, withoutEmptyGroups(value, path)]]
  })
  return Object.fromEntries(kept) as Record<string, unknown>
}

/**
 * The text of a profile file in YAML, or in JSON.
 * @throws {SettingsError} `settings.secret-value` for a `Secret` in memory, which cannot be written
 */
export function writeProfileFile({ profile, sites }: ProfileDocument, format: 'yaml' | 'json' = 'yaml'): string {
  for (const each of [profile, ...Object.values(sites)]) {
    for (const [path, value] of valuesOf(each)) {
      if (!holdsSecret(value)) continue
      throw new SettingsError('settings.secret-value', path, 'is a secret in memory, which a file cannot refer to', {
        hint: 'Give it as env:NAME, file:PATH or vault:NAME.',
      })
    }
  }
  const document = { ...profile, ...(Object.keys(sites).length === 0 ? {} : { sites }) }
  return format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : stringify(document, { lineWidth: 120 })
}

/**
 * The text of a profile file with some settings changed: comments, order and form stay. Where a changed value is used elsewhere by its
 * anchor, the whole file is written anew, since nothing else may change.
 * @param changes by the path of the setting; undefined takes it out
 * @throws {SettingsError} as `readProfileFile` and `writeProfileFile`; the new text can be read
 */
export function editProfileFile(text: string, changes: Iterable<readonly [path: string, value: unknown]>): string {
  const { profile, sites } = readProfileFile(text)
  const given = [...changes]
  const values = new Map(valuesOf(profile))
  for (const [path, value] of given) {
    if (value === undefined) values.delete(path)
    else values.set(path, value)
  }
  const wanted: ProfileDocument = { profile: fromValues(values), sites }
  const isJson = isJsonText(text)
  const anew = writeProfileFile(wanted, isJson ? 'json' : 'yaml')
  const edited = isJson ? undefined : editedYaml(text, given)
  return edited !== undefined && saysTheSame(edited, wanted) ? edited : anew
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\ufeff/, ''))
    return true
  } catch {
    return false
  }
}

/** Undefined where a part of the path is no map, or an anchor would go that is still used. */
function editedYaml(text: string, changes: readonly (readonly [path: string, value: unknown])[]): string | undefined {
  const document = parseDocument(text.replace(/^\ufeff/, ''), PARSING)
  try {
    for (const [path, value] of changes) {
      const keys = path.split('.')
      if (value === undefined) takeOut(document, keys)
      else putIn(document, keys, value)
    }
    const edited = document.toString({ lineWidth: 0 })
    return text.includes('\r\n') ? edited.replace(/\r?\n/g, '\r\n') : edited
  } catch {
    return undefined // an alias without its anchor, or a value in the place of a group: the library says so by a throw
  }
}

function keepRemarks(fresh: Node, { comment, commentBefore }: Node): void {
  if (typeof comment === 'string') fresh.comment = comment
  if (typeof commentBefore === 'string') fresh.commentBefore = commentBefore
}

function emptyMap(document: Document.Parsed, old: Scalar): YAMLMap {
  const map = document.createNode({}) as YAMLMap
  const remarks = [old.commentBefore, old.comment].filter((each) => typeof each === 'string')
  if (remarks.length > 0) map.commentBefore = remarks.join('\n') // behind the whole group it would stand for another
  map.flow = false
  return map
}

function putIn(document: Document.Parsed, keys: readonly string[], value: unknown): void {
  for (let depth = 1; depth < keys.length; depth++) {
    const above = keys.slice(0, depth)
    const node = document.getIn(above, true)
    if (isScalar(node) && node.value === null) document.setIn(above, emptyMap(document, node)) // `tls:` with nothing below it
  }
  const fresh = document.createNode(value)
  const old = document.getIn(keys, true)
  if (isScalar(old) || isCollection(old)) {
    keepRemarks(fresh, old)
    if (isCollection(old) && isCollection(fresh) && old.flow !== undefined) fresh.flow = old.flow
  }
  const parent = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1), true)
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === keys.at(-1)) : undefined
  if (pair) pair.value = fresh
  else document.setIn(keys, fresh)
}

function takeOut(document: Document.Parsed, keys: readonly string[]): void {
  document.deleteIn(keys)
  for (let depth = keys.length - 1; depth > 0; depth--) {
    const above = keys.slice(0, depth)
    const node = document.getIn(above, true)
    if (!isMap(node) || node.items.length > 0) return
    document.deleteIn(above)
  }
}

function saysTheSame(text: string, wanted: ProfileDocument): boolean {
  try {
    return canonical(readProfileFile(text)) === canonical(wanted)
  } catch {
    return false
  }
}

/** The settings in one order, as text. */
function canonical({ profile, sites }: ProfileDocument): string {
  const ordered = (settings: Profile) => [...valuesOf(settings)].sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([ordered(profile), Object.entries(sites).map(([site, settings]) => [site, ordered(settings)])])
}

function parse(text: string): Record<string, unknown> {
  if (text.length > MAX_CHARACTERS) throw malformed('profile', `is longer than ${MAX_CHARACTERS} characters`)
  let value: unknown
  try {
    const lineCounter = new LineCounter()
    const document = parseDocument(text.replace(/^\ufeff/, ''), { ...PARSING, lineCounter })
    const [error] = document.errors
    if (error) throw malformed('profile', `is not well-formed in line ${error.linePos?.[0].line ?? 1}`)
    if (document.directives?.yaml.version !== '1.2')
      throw malformed('profile', 'asks for another version of YAML than 1.2, in which numbers mean something else')
    refuseTwins(document, lineCounter)
    value = document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    if (error instanceof SettingsError) throw error
    if (error instanceof ReferenceError && error.message.startsWith('Excessive alias count'))
      throw malformed('profile', `uses what it has named with & more than ${MAX_ALIASES} times with *`)
    throw malformed('profile', 'is not well-formed') // no cause: it would repeat a piece of the text, which may be a password
  }
  if (!isObject(value)) throw malformed('profile', 'holds no settings')
  return value
}

/** Of two keys with one name JavaScript would keep the last, without a word. */
function refuseTwins(document: Document.Parsed, lines: LineCounter): void {
  const open: unknown[] = [document.contents]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (!isCollection(node)) continue
    if (!isMap(node)) {
      for (const item of node.items) if (item !== null && item !== undefined) open.push(item)
      continue
    }
    const names = new Set<string>()
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : undefined
      if (name === undefined || names.has(name)) {
        const at = isScalar(key) || isCollection(key) || isAlias(key) ? key.range?.[0] : undefined
        const line = at === undefined ? 1 : lines.linePos(at).line
        const what = name === undefined ? 'a name that is no text' : 'a name that stands there a second time'
        throw malformed('profile', `is not well-formed in line ${line}: ${what}`)
      }
      names.add(name)
      if (value !== null && value !== undefined) open.push(value)
    }
  }
}

function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true
  if (Array.isArray(value)) return value.some(holdsSecret)
  return isObject(value) && Object.values(value).some(holdsSecret)
}

function malformed(field: string, message: string): SettingsError {
  return new SettingsError('settings.file-format', field, message, {
    hint: 'A profile is YAML or JSON, such as { "relay": { "host": "smtp.example.com" } }; see docs/settings.md.',
  })
}
