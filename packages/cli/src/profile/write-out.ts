import { stat, writeFile } from 'node:fs/promises'
import { replaceFile } from 'posthorn/profiles'
import { unreadable } from '../read-file.js'

/**
 * Writes text to a file that only its owner may read, whoever could read the one that was there, or for `-` to standard output.
 * @throws {SettingsError} `content.unreadable`
 */
export async function writeOut(path: string, text: string): Promise<void> {
  if (path === '-') {
    process.stdout.write(text)
    return
  }
  try {
    const isFile = await stat(path).then(
      (facts) => facts.isFile(),
      () => true,
    )
    if (isFile) await replaceFile(path, text)
    else await writeFile(path, text) // a pipe or a device, such as /dev/stdout
  } catch (error) {
    throw unreadable('--out', path, error)
  }
}
