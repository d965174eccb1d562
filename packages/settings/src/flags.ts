import { SettingsError } from '@posthorn/ground/portable'
import { SETTINGS, type Setting } from './table.js'
import type { SettingValue } from './values.js'
import { valueFromText } from './parse-text.js'

/** A flag of the command that stands for one setting, or for several at once. */
export interface SettingFlag {
  /** As a command line library takes it: `--security <kind>`. */
  readonly spec: string
  /** `--security`. */
  readonly name: string
  /** `security`: what it is called once it is parsed. */
  readonly attribute: string
  readonly says: string
  /** True when using it weakens a check. */
  readonly weakens: boolean
  readonly settings: readonly Setting[]
}

/** Every flag that a setting declares, in the order of the settings. */
export const SETTING_FLAGS: readonly SettingFlag[] = flagsOf([...SETTINGS.values()])

/**
 * The settings that parsed flags stand for.
 * @param given what was parsed, by attribute
 * @param fullPath makes a path absolute: relative ones on the command line start where the person is, in a profile where the file is
 * @throws {SettingsError} `settings.value` naming the flag
 */
export function* flagValues(
  given: Readonly<Record<string, unknown>>,
  fullPath: (path: string) => string,
): Generator<SettingValue> {
  for (const { attribute, name, spec, settings } of SETTING_FLAGS) {
    const value = given[attribute]
    if (value === undefined || value === false) continue
    for (const setting of settings) yield [setting.path, valueOf(setting, spec, name, value, fullPath)]
  }
}

function valueOf(
  setting: Setting,
  spec: string,
  name: string,
  given: unknown,
  fullPath: (path: string) => string,
): unknown {
  if (given === true) return setting.default !== true
  const text = String(given)
  if (spec.endsWith('<file>')) {
    if (setting.holds === 'path') return fullPath(text)
    return text.startsWith('pkcs11:') ? text : `file:${fullPath(text)}`
  }
  if (spec.endsWith('<seconds>')) {
    const seconds = Number(text)
    if (/^\d+(?:\.\d+)?$/.test(text) && seconds > 0 && seconds <= 2_000_000) return Math.ceil(seconds * 1000)
    throw new SettingsError('settings.value', name, 'must be a number of seconds greater than 0', {
      hint: `Give seconds, such as ${name} 60.`,
    })
  }
  return valueFromText(setting, text)
}

function flagsOf(settings: readonly Setting[]): SettingFlag[] {
  const flags = new Map<string, SettingFlag>()
  for (const setting of settings) {
    if (setting.flag === undefined) continue
    const name = setting.flag.split(' ', 1)[0]!
    const before = flags.get(setting.flag)
    flags.set(setting.flag, {
      spec: setting.flag,
      name,
      attribute: name.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      says: before?.says ?? setting.flagSays ?? setting.says,
      weakens: !setting.flag.includes('<') && setting.weakens !== undefined,
      settings: [...(before?.settings ?? []), setting],
    })
  }
  return [...flags.values()]
}
