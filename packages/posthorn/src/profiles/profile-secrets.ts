import type { Dirent } from 'node:fs'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The folder below that of the profiles in which the secrets of each lie, in a folder of its name. */
export const SECRETS = 'secrets'

/**
 * Deletes the files with secrets of a profile that no profile refers to any more.
 * @param folder the folder of the profiles
 * @param texts the texts of all profiles there are; where one names the file, it stays
 */
export async function removeUnusedSecrets(folder: string, name: string, texts: readonly string[]): Promise<void> {
  for (const home of await entries(join(folder, SECRETS))) {
    if (!home.isDirectory() || home.name.toLowerCase() !== name.toLowerCase()) continue
    const path = join(folder, SECRETS, home.name)
    let kept = 0
    for (const each of await entries(path)) {
      if (!each.isFile() || isNamed(`${SECRETS}/${home.name}/${each.name}`, texts)) kept += 1
      else await rm(join(path, each.name), { force: true })
    }
    if (kept === 0) await rmdir(path).catch(() => {}) // somebody put a file there at this moment, and it stays
  }
}

/** Without case, and with either slash: rather one file too many than one that is missed. */
function isNamed(reference: string, texts: readonly string[]): boolean {
  const wanted = reference.toLowerCase()
  return texts.some((text) => text.toLowerCase().replaceAll('\\', '/').includes(wanted))
}

async function entries(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
