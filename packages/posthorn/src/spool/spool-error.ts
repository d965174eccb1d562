import { PosthornError, SettingsError } from '@posthorn/ground'

/** What the system said, such as ENOENT; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return error instanceof PosthornError ? undefined : code
}

/** True when a file is not there any more: another process was quicker. A network file system says ESTALE when that was on another machine. */
export function isGone(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ESTALE'
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
 * True for what would be no better with another file: the folder as a whole, or this process, cannot go on. Anything else may be the fault of
 * the one file, and must not hold up those behind it.
 */
export function isOfAll(error: unknown): boolean {
  const code = systemCode(error)
  return code === undefined || OF_ALL.has(code)
}

const OF_ALL: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM'])

/** A file that cannot be read or renamed. */
export function unreadable(cause: unknown, name: string): SettingsError {
  return new SettingsError(
    'spool.unreadable',
    'spool',
    `${name} cannot be read or renamed (${systemCode(cause) ?? 'unknown'})`,
    {
      cause,
      hint: 'Let this user read the file, or see the log of the system: the disk may be damaged. It stays where it is.',
    },
  )
}

/** A claim of a process elsewhere that is left to a later run. @param signMs its last sign of life, in milliseconds since 1970 */
export function stillHeld(file: string, signMs: number): SettingsError {
  const since = new Date(signMs).toISOString()
  return new SettingsError('spool.held', 'spool', `${file} belongs to a process elsewhere, silent since ${since}`, {
    outcome: 'transient',
    hint: 'If that process is gone, rename the file to end in .queued, or watch the folder: then it is taken over when the lease that it holds is over.',
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
