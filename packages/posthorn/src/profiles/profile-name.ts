import { SettingsError } from '@posthorn/ground'

/** The name of the file that says which profile is used when none is named. */
export const ACTIVE = 'active'

/** What Windows takes for a device, whatever stands behind the first dot. */
const DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i

/**
 * A name becomes the name of a file and of a folder: it must not leave the folder of profiles, nor be one that Windows keeps for itself.
 * @throws {SettingsError} `settings.name`
 */
export function checkProfileName(name: string): void {
  const fits = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u.test(name) && !/[ .]$/.test(name)
  if (fits && name.toLowerCase() !== ACTIVE && !DEVICES.test(name)) return
  throw new SettingsError('settings.name', 'name', `${shown(name)} cannot be the name of a profile`, {
    hint: 'Use letters, digits, blanks, dots, underscores and hyphens; not "active", and no name that Windows keeps, such as NUL.',
  })
}

function shown(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}...` : name)
}
