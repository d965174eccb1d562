import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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
import { SettingsError } from 'posthorn'

/**
 * Puts the passwords of a profile into files of their own beside it, readable by their owner only, and references in their place. What
 * has several lines stays where it is: of the file of a secret the first line counts.
 * @throws {SettingsError} `settings.file`
 */
export async function secretsToFiles(
  folder: string,
  name: string,
  document: ProfileDocument,
): Promise<ProfileDocument> {
  const home = join(folder, 'secrets', name)
  const moved = async (profile: Profile, below: string): Promise<Profile> => {
    const values: SettingValue[] = []
    for (const [path, value] of valuesOf(profile)) {
      const text = SETTINGS.get(path)?.holds === 'secret' && isPlain(value) ? plain(value, path) : undefined
      if (text === undefined || /[\r\n]/.test(text)) {
        values.push([path, value])
        continue
      }
      const file = `${below}${path}`
      try {
        await mkdir(home, { recursive: true, mode: 0o700 })
        await writeFile(join(home, file), `${text}\n`, { mode: 0o600 })
      } catch (error) {
        const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
        throw new SettingsError('settings.file', home, `cannot be written (${reason})`, {
          cause: error,
          hint: 'Check the folder and its permissions, or keep passwords in the profile: --keep-secrets.',
        })
      }
      values.push([path, `file:secrets/${name}/${file}`])
    }
    return fromValues(values)
  }
  const sites: Record<string, Profile> = {}
  for (const [site, profile] of Object.entries(document.sites))
    sites[site] = await moved(profile, `${site.replace(/[^\w-]/g, '_')}.`)
  return { profile: await moved(document.profile, ''), sites }
}

function plain(value: unknown, path: string): string | undefined {
  const reference = parseReference(value as string, path)
  return reference.kind === 'plain' ? reference.value.reveal() : undefined
}
