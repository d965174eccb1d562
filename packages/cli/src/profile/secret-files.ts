import {
  fromValues,
  isPlain,
  parseReference,
  SETTINGS,
  valuesOf,
  type Profile,
  type SettingValue,
} from '@posthorn/settings'
import type { ProfileDocument } from '@posthorn/settings/file'
import type { NewProfile } from 'posthorn/profiles'

/**
 * A profile with its passwords apart, each for a file of its own, and references in their place. What has several lines stays where it is:
 * of the file of a secret the first line counts. Nothing is written here.
 * @param name one that `checkProfileName` has taken
 */
export function secretsApart(name: string, document: ProfileDocument): NewProfile {
  const secrets = new Map<string, string>()
  const moved = (profile: Profile, below: string): Profile => {
    const values: SettingValue[] = []
    for (const [path, value] of valuesOf(profile)) {
      const text = SETTINGS.get(path)?.holds === 'secret' && isPlain(value) ? plain(value, path) : undefined
      if (text === undefined || /[\r\n]/.test(text)) {
        values.push([path, value])
        continue
      }
      const file = free(`${below}${path}`, secrets)
      secrets.set(file, text)
      values.push([path, `file:secrets/${name}/${file}`])
    }
    return fromValues(values)
  }
  const sites: Record<string, Profile> = {}
  for (const [site, profile] of Object.entries(document.sites))
    sites[site] = moved(profile, `site-${site.replace(/[^\w-]/g, '_').slice(0, 100)}.`)
  return { name, document: { profile: moved(document.profile, ''), sites }, secrets }
}

/** The codes of two sites may come to one name of a file. */
function free(wanted: string, taken: ReadonlyMap<string, string>): string {
  const names = new Set([...taken.keys()].map((each) => each.toLowerCase()))
  let name = wanted
  for (let number = 2; names.has(name.toLowerCase()); number++) name = `${wanted}.${number}`
  return name
}

function plain(value: unknown, path: string): string | undefined {
  const reference = parseReference(value as string, path)
  return reference.kind === 'plain' ? reference.value.reveal() : undefined
}
