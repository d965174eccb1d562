import { PosthornError, SettingsError } from '@posthorn/ground'

/** What the system said, such as ENOENT; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return error instanceof PosthornError ? undefined : code
}

/** A fault of the file system in a spool folder, as an error that says what to do. What is an error of Posthorn already stays as it is. */
export function spoolFault(cause: unknown, folder: string): SettingsError {
  if (cause instanceof SettingsError) return cause
  const code = systemCode(cause) ?? 'unknown'
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new SettingsError('spool.missing', 'spool', `there is no folder ${folder} (${code})`, {
      cause,
      hint: 'Make the folder, or correct its name; it is not made by itself.',
    })
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new SettingsError('spool.denied', 'spool', `the folder ${folder} cannot be written to (${code})`, {
      cause,
      hint: 'Let this user read, write and search the folder, on a file system that is not mounted read-only.',
    })
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SettingsError('spool.full', 'spool', `there is no room in the folder ${folder} (${code})`, {
      outcome: 'transient',
      cause,
      hint: 'Make room on its file system, or raise the quota. What was queued before is untouched.',
    })
  }
  return new SettingsError('spool.write', 'spool', `the folder ${folder} cannot be worked in (${code})`, {
    outcome: 'transient',
    cause,
    hint: 'See the cause, and the log of the system. What was queued before is untouched.',
  })
}

/**
 * A file that is no message. Nothing of what it holds is in the error.
 * @param line where, from 1; undefined for the file as a whole
 */
export function garbage(line: number | undefined, expected: string, hint?: string): SettingsError {
  return new SettingsError(
    'spool.garbage',
    'spool',
    line === undefined ? expected : `line ${line}: expected ${expected}`,
    {
      hint: hint ?? 'Correct the file, and give it an ending of .queued again.',
    },
  )
}
