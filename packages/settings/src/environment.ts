import { nearName, SettingsError } from '@posthorn/ground/portable'
import { valueFromText } from './parse-text.js'
import { isPlain } from './secret-reference.js'
import { SETTINGS } from './table.js'
import type { SettingValue } from './values.js'

/** `relay.host` is POSTHORN_RELAY_HOST, `pool.maxIdleMs` POSTHORN_POOL_MAX_IDLE_MS. */
export function environmentName(path: string): string {
  return `POSTHORN_${path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`
}

/** Variables that are no settings: which profile, and where; and the URL and its password, which stand for several settings. */
export const OTHER_VARIABLES = [
  'POSTHORN_PROFILE',
  'POSTHORN_SITE',
  'POSTHORN_SERVER',
  'POSTHORN_PASSWORD',
  'POSTHORN_TRACE',
]

const BY_NAME: ReadonlyMap<string, string> = new Map([...SETTINGS.keys()].map((path) => [environmentName(path), path]))

/**
 * The settings in the environment; an empty variable says nothing.
 * @throws {SettingsError} `settings.environment` for a variable POSTHORN_... that is near to one of ours and is none, `settings.value`
 */
export function* environmentValues(variables: Readonly<Record<string, string | undefined>>): Generator<SettingValue> {
  for (const [variable, text] of Object.entries(variables)) {
    if (text === undefined || text === '' || !variable.startsWith('POSTHORN_')) continue
    const path = BY_NAME.get(variable)
    const setting = path === undefined ? undefined : SETTINGS.get(path)
    // a secret stays where it is, and is read there when it is used
    if (setting?.holds === 'secret' && isPlain(text)) yield [setting.path, `env:${variable}`]
    else if (setting) yield [setting.path, valueFromText(setting, text)]
    else if (!OTHER_VARIABLES.includes(variable)) {
      const meant = nearName(variable, [...BY_NAME.keys(), ...OTHER_VARIABLES])
      if (meant === undefined) continue // somebody else's
      throw new SettingsError('settings.environment', variable, 'is no setting', { hint: `Did you mean ${meant}?` })
    }
  }
}
