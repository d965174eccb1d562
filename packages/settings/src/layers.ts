import { SettingsError } from '@posthorn/ground/portable'
import { checkProfile, unknownSetting } from './check-profile.js'
import type { Profile } from './profile/profile.js'
import { SETTINGS, type Setting } from './table.js'
import { fromValues, valueAt, valuesOf, type SettingValue } from './values.js'

/** Where a value came from; a later one takes the place of an earlier one. */
export type Origin = 'default' | 'file' | 'site' | 'environment' | 'flags'

/** What is said in one place. */
export interface Layer {
  readonly origin: Exclude<Origin, 'default'>
  /** For people: the path of the file, the code of the site. */
  readonly place: string
  readonly values: Profile | Iterable<SettingValue>
}

/** A profile, and for each value in it where it came from. */
export interface Layered {
  readonly profile: Profile
  readonly origins: ReadonlyMap<string, { readonly origin: Origin; readonly place: string }>
}

/** How a setting got its value, the winner first. */
export interface Explanation {
  readonly setting: Setting
  /** Absent when nothing says it and there is no default. Never a secret: that is `[secret]`. */
  readonly value?: unknown
  readonly origin: Origin
  readonly place: string
  /** The setting that was said in its place, at `place`: there is no value then. */
  readonly rival?: string | undefined
  /** What was said elsewhere and did not win. */
  readonly overruled: readonly { readonly origin: Origin; readonly place: string; readonly value: unknown }[]
}

/** What one layer says of a setting. */
interface Said {
  readonly origin: Layer['origin']
  readonly place: string
  readonly value: unknown
}

/** Whoever says one of them means it in place of the other that a layer below says. */
const RIVALS: ReadonlyMap<string, readonly string[]> = new Map([
  ['credentials.password', ['credentials.accessToken']],
  ['credentials.accessToken', ['credentials.password']],
])

/** Puts layers on one another: file < site < environment < flags. The result is checked as a whole. @throws {SettingsError} `settings.*` */
export function layered(layers: readonly Layer[]): Layered {
  const winners = laidOut(layers)
  const profile = checkProfile(profileOf(winners))
  return { profile, origins: new Map([...winners].map(([path, { origin, place }]) => [path, { origin, place }])) }
}

/** What wins for each setting; a setting whose rival wins is not there. */
function laidOut(layers: readonly Layer[]): Map<string, Said> {
  const winners = new Map<string, Said>()
  for (const { origin, place, values } of inOrder(layers)) {
    for (const [path, value] of pairs(values)) {
      for (const rival of RIVALS.get(path) ?? []) if (winners.get(rival)?.place !== place) winners.delete(rival)
      winners.delete(path)
      winners.set(path, { origin, place, value })
    }
  }
  return winners
}

function profileOf(winners: ReadonlyMap<string, Said>): Profile {
  return fromValues([...winners].map(([path, { value }]) => [path, value]))
}

/** Where the value of a setting came from. @throws {SettingsError} `settings.unknown` */
export function explain(layers: readonly Layer[], path: string): Explanation {
  const setting = SETTINGS.get(path)
  if (!setting) {
    const unknown = unknownSetting(path)
    throw new SettingsError('settings.unknown', unknown.path, unknown.problem, { hint: unknown.fix })
  }
  const winners = laidOut(layers)
  const profile = profileOf(winners)
  const said = inOrder(layers)
    .flatMap(({ origin, place, values }) =>
      pairs(values).flatMap(([each, value]) =>
        each === path ? [{ origin, place, value: shown(setting, value, profile) }] : [],
      ),
    )
    .reverse()
  const rival = winners.has(path) ? undefined : RIVALS.get(path)?.find((each) => winners.has(each))
  if (rival !== undefined) {
    const { origin, place } = winners.get(rival)!
    return { setting, rival, origin, place, overruled: said }
  }
  const [winner, ...overruled] = said
  if (winner) return { setting, ...winner, overruled }
  const value = setting.default
  return { setting, ...(value === undefined ? {} : { value }), origin: 'default', place: 'the default', overruled: [] }
}

/**
 * A value as it may be shown: a secret and what may hold a key is not, but where it is kept is.
 * @param profile the one it stands in: with `logging.showUser: false` the name that logs in is not shown, which may be a key
 */
export function shown(setting: Partial<Pick<Setting, 'holds' | 'path'>>, value: unknown, profile?: Profile): unknown {
  if (profile?.logging?.showUser === false && setting.path !== undefined && USERS.has(setting.path)) return '[hidden]'
  const { holds } = setting
  if (holds !== 'secret' && holds !== 'content') return value
  if (Array.isArray(value)) return value.map((entry) => shown({ holds }, entry))
  if (typeof value === 'string' && /^(?:env|file|vault):/.test(value)) return value
  if (typeof value === 'object' && value !== null && 'domain' in value) {
    return { ...value, privateKey: shown({ holds }, (value as { privateKey?: unknown }).privateKey) }
  }
  return '[secret]'
}

/** The whole profile as it may be shown. */
export function shownProfile(profile: Profile): Profile {
  return fromValues(
    [...valuesOf(profile)].map(([path, value]) => [path, shown(SETTINGS.get(path) ?? {}, value, profile)] as const),
  )
}

/** What is written in a profile and weakens a check, with its setting. */
export function weaknesses(profile: Profile): Setting[] {
  return [...SETTINGS.values()].filter((setting) => {
    const value = valueAt(profile, setting.path)
    return value !== undefined && setting.weakens?.(value) === true
  })
}

/** The names that log in. */
const USERS: ReadonlySet<string> = new Set(['credentials.user', 'oauth2.user', 'oauth2.subject'])

const ORDER: readonly Layer['origin'][] = ['file', 'site', 'environment', 'flags']

function inOrder(layers: readonly Layer[]): Layer[] {
  return [...layers].sort((a, b) => ORDER.indexOf(a.origin) - ORDER.indexOf(b.origin))
}

function pairs(values: Profile | Iterable<SettingValue>): SettingValue[] {
  return Symbol.iterator in values ? [...values] : [...valuesOf(values)]
}
