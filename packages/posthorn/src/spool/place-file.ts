import { existsSync, linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs'
import { systemCode } from './spool-error.js'

/** File systems that give no file a second name, or have no room for one. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES', 'ENOSPC', 'EDQUOT'])
/** Elsewhere the link of a link may be one of what that points to. */
const LINKS_LINKS = process.platform === 'linux'

/**
 * Moves a file to a name that nobody has, synchronously: by a link, which unlike a rename never falls on another file, and a removal. For a
 * moment, and for longer when it is broken off, the file has both names. Only where the system gives no second name is it renamed, behind a look
 * whether the name is free.
 * @returns false when somebody has that name
 * @throws what the system says, ENOENT when the file is not there
 */
export function placeFile(path: string, target: string): boolean {
  try {
    if (!LINKS_LINKS && !lstatSync(path).isFile()) return renamed(path, target)
    linkSync(path, target)
  } catch (error) {
    const code = systemCode(error) ?? ''
    if (code === 'EEXIST') return false
    if (!NO_LINKS.has(code)) throw error
    return renamed(path, target)
  }
  try {
    unlinkSync(path)
  } catch {
    // it is moved: whoever takes it next removes this name
  }
  return true
}

function renamed(path: string, target: string): boolean {
  if (existsSync(target)) return false
  renameSync(path, target)
  return true
}
