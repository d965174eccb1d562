import type { Profile } from '../../profile/profile.js'
import { fromValues, valueAt, valuesOf, type SettingValue } from '../../values.js'
import { FINAL_MS } from './take-extras.js'

/** A profile, what is said otherwise for sites, and what had to leave the profile for it. */
export interface Overlaid {
  readonly profile: Profile
  readonly sites: Readonly<Record<string, Profile>>
  /** Settings that some site must not have and no value can take back: they are said for each of the other sites, and not in the profile. */
  readonly moved: ReadonlySet<string>
}

/** Values that say as much as nothing. */
const NOTHING: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['relay.extensions', true],
  ['credentials.allowCleartextAuth', false],
  ['headers.fields', []],
  ['headers.fieldsOnly', false],
  ['timeouts.finalMs', FINAL_MS],
])

/** What makes sense only whole: one certificate of one store, one login. */
const WHOLE = [/^tls\.clientCertificate\./, /^proxy\.(?:user|password)$/]

/**
 * Lays out whole profiles of sites as differences from that of all, so that each laid over it acts as the whole one.
 * @param baseCode the site that the base is that of: it keeps what is moved
 */
export function overlaid(base: Profile, whole: ReadonlyMap<string, Profile>, baseCode?: string): Overlaid {
  const moved = movedSettings(base, [...whole.values()])
  const kept = fromValues([...valuesOf(base)].filter(([path]) => !moved.has(path)))
  const all = [...(baseCode === undefined ? [] : [[baseCode, base] as const]), ...whole]
  const sites = all.map(([code, profile]) => [code, fromValues(differences(kept, profile))] as const)
  const alone = sites.length === 1 && baseCode !== undefined
  return { profile: kept, sites: alone ? {} : Object.fromEntries(sites), moved }
}

function movedSettings(base: Profile, others: readonly Profile[]): Set<string> {
  const paths = [...valuesOf(base)].map(([path]) => path)
  const moved = paths.filter((path) =>
    others.some((profile) => valueAt(profile, path) === undefined && unsaid(path, profile) === undefined),
  )
  const groups = WHOLE.filter((group) => moved.some((path) => group.test(path)))
  return new Set([...moved, ...paths.filter((path) => groups.some((group) => group.test(path)))])
}

/** What takes back a setting of the base where a site does not have it; undefined when nothing does. */
function unsaid(path: string, profile: Profile): readonly SettingValue[] | undefined {
  if (NOTHING.has(path)) return [[path, NOTHING.get(path)]]
  if (/^credentials\.(?:enabled|user|password)$/.test(path)) {
    const { user, password } = profile.credentials ?? {}
    return [['credentials.enabled', user !== undefined && password !== undefined]]
  }
  if (path.startsWith('proxy.')) {
    if (profile.proxy === undefined) return [['proxy.type', 'none']]
    // the types of SOCKS 4 have no password, and send a user id however one logs in
    if (profile.proxy.type?.startsWith('socks4')) return path === 'proxy.password' ? [] : undefined
    if (profile.proxy.user === undefined) return [['proxy.authentication', 'none']]
  }
  return undefined
}

function differences(base: Profile, profile: Profile): SettingValue[] {
  const back = [...valuesOf(base)].flatMap(([path]) =>
    valueAt(profile, path) === undefined ? (unsaid(path, profile) ?? []) : [],
  )
  return [...valuesOf(profile), ...back].filter(([path, value]) => !same(valueAt(base, path), value))
}

/** Both are data in the same order. */
const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
