import type { Profile } from './profile/profile.js'
import { GROUPS, SETTINGS } from './table.js'

/** A value of a setting, by its path. */
export type SettingValue = readonly [path: string, value: unknown]

/**
 * The values that stand in an object, by path; undefined ones are absent. A name nobody knows is given with the value below it, too, so
 * that it can be refused by name.
 */
export function* valuesOf(profile: object, below = ''): Generator<SettingValue> {
  for (const [key, value] of Object.entries(profile)) {
    const path = below === '' ? key : `${below}.${key}`
    if (value === undefined) continue
    if (GROUPS.has(path) && !SETTINGS.has(path) && isObject(value)) yield* valuesOf(value, path)
    else yield [path, value]
  }
}

/** The value at a path. */
export function valueAt(profile: Profile, path: string): unknown {
  let at: unknown = profile
  for (const key of path.split('.')) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
  return at
}

/** An object of values by path. A later value takes the place of an earlier one. */
export function fromValues(values: Iterable<SettingValue>): Profile {
  const profile: Record<string, unknown> = {}
  for (const [path, value] of values) {
    const keys = path.split('.')
    const last = keys.pop()!
    let at = profile
    for (const key of keys) {
      const inner = Object.hasOwn(at, key) ? at[key] : undefined
      at = isObject(inner) ? inner : (own(at, key, {}) as Record<string, unknown>)
    }
    own(at, last, value)
  }
  return profile
}

/** Sets an own property, whatever its name is: `__proto__` is a name like any other. */
function own(target: Record<string, unknown>, key: string, value: unknown): unknown {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  return value
}

export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
