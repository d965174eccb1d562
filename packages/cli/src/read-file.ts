import { readFileSync } from 'node:fs'
import { Secret, SettingsError } from 'posthorn'

/** @throws {SettingsError} `content.unreadable`, naming the flag and the file */
export function readText(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(flag, path, error)
  }
}

/**
 * The first line of a file with a secret, without the mark that editors of Windows put before it.
 * @throws {SettingsError} `content.unreadable`, naming the flag and the file
 */
export function firstLine(path: string, flag: string): string {
  return readText(path, flag)
    .replace(/^\ufeff/, '')
    .split(/\r?\n/, 1)[0]!
}

/** The same for a secret that cannot be empty. @throws {SettingsError} `settings.credentials`, `content.unreadable` */
export function secretLine(path: string, flag: string): Secret {
  const line = firstLine(path, flag)
  if (line.trim() !== '') return new Secret(line)
  throw new SettingsError('settings.credentials', flag, `names ${path}, which has nothing on its first line`, {
    hint: 'Put it on the first line of the file, without anything before it.',
  })
}

/** A file named on the command line that cannot be read: exit code 66. */
export function unreadable(flag: string, path: string, error: unknown): SettingsError {
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return new SettingsError('content.unreadable', flag, `${path} cannot be read (${reason})`, {
    cause: error,
    hint: 'Check the path and the permissions of the file.',
  })
}
