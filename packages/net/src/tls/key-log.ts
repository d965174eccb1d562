import { SettingsError } from '@posthorn/ground'
import { appendFileSync, closeSync, openSync } from 'node:fs'

/** Only who runs the process may read the secrets. */
const MODE = 0o600

/**
 * A file that takes the secrets of sessions in the NSS key log format. It is made with mode 0600 when it is not there, and only ever appended
 * to. A line that cannot be written later on, to a full disk, is lost: a recording is no reason to lose mail.
 * @throws {SettingsError} `settings.tls-key-log` when the file cannot be written
 */
export function keyLog(path: string): (line: Buffer) => void {
  try {
    closeSync(openSync(path, 'a', MODE))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new SettingsError('settings.tls-key-log', 'tls.keyLogFile', `cannot be written (${code ?? String(cause)})`, {
      cause,
      hint: 'Give a file in a folder that is there and may be written to, or leave the setting out.',
    })
  }
  return (line) => {
    try {
      // at once and in one piece: several processes may share the file
      appendFileSync(path, line, { mode: MODE })
    } catch {
      // said above
    }
  }
}
