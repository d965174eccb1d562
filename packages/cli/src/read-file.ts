import { readFileSync } from 'node:fs'
import { SettingsError } from 'posthorn'

/** @throws {SettingsError} `content.unreadable`, naming the flag and the file */
export function readText(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(flag, path, error)
  }
}

/** A file named on the command line that cannot be read: exit code 66. */
export function unreadable(flag: string, path: string, error: unknown): SettingsError {
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return new SettingsError('content.unreadable', flag, `${path} cannot be read (${reason})`, {
    cause: error,
    hint: 'Check the path and the permissions of the file.',
  })
}
