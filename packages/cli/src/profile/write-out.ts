import { writeFile } from 'node:fs/promises'
import { unreadable } from '../read-file.js'

/** Writes text to a file that only its owner may read, or for `-` to standard output. @throws {SettingsError} `content.unreadable` */
export async function writeOut(path: string, text: string): Promise<void> {
  if (path === '-') {
    process.stdout.write(text)
    return
  }
  await writeFile(path, text, { mode: 0o600 }).catch((error: unknown) => {
    throw unreadable('--out', path, error)
  })
}
