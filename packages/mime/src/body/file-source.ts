import { lstat, readlink, realpath, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, relative, resolve, isAbsolute, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileFacts, readFileBlocks, type SettingsError } from '@posthorn/ground'
import type { Access } from '../access.js'
import { refusal } from '../refusal.js'
import { expectSize } from './opened-source.js'
import type { Source } from './source.js'

const MAX_SHOWN_NAME = 100

/**
 * A file that the access allows, as a source that notices when it becomes another. With a folder a relative path starts there. It is opened once now, so that what cannot be read
 * shows before anything is sent.
 * @param field the field that names the file
 * @throws {SettingsError} `attachment.access` when the access does not allow it; `attachment.path` for what is not the name of a file;
 * `content.unreadable`; `content.changed` when `sizeOctets` is not its size
 */
export async function fileSource(
  file: string | URL,
  sizeOctets: number | undefined,
  access: Access,
  field: string,
): Promise<Source> {
  const path = pathOf(file, field)
  const { files } = access
  let real = path
  let facts
  if (files === 'all') facts = await fileFacts(path, field)
  else {
    const base = await baseOf(files, field, path)
    const named = resolve(base.named, path)
    // nothing is looked at outside, so that nobody learns what there is
    if (!isBelow(named, base.named) && !isBelow(named, base.real)) throw refused(field, path)
    real = await realpath(named).catch(async (cause: unknown) => {
      throw (await staysBelow(named, base.real)) ? unreadable(field, path, cause) : refused(field, path)
    })
    if (!isBelow(real, base.real)) throw refused(field, path)
    facts = await fileFacts(real, field, async (opened) => {
      if (!isBelow(await placeOf(opened, real), base.real)) throw refused(field, path)
    })
  }
  expectSize(facts.sizeOctets, sizeOctets, field)
  const known = facts
  return { sizeOctets: known.sizeOctets, read: () => readFileBlocks(real, field, known) }
}

/** The name of a file, from a path or a file: URL, which may be a string, as it is in JSON. @throws {SettingsError} `attachment.path` */
export function pathOf(file: string | URL, field: string): string {
  try {
    const isUrl = file instanceof URL || (typeof file === 'string' && /^file:/i.test(file))
    const path = isUrl ? fileURLToPath(file) : file
    if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path
  } catch (cause) {
    throw notAPath(field, cause)
  }
  throw notAPath(field)
}

async function baseOf(files: Access['files'], field: string, path: string): Promise<{ named: string; real: string }> {
  // whatever is not said clearly allows nothing
  const below: unknown = typeof files === 'object' ? (files as { below?: unknown } | null)?.below : undefined
  if (typeof below !== 'string' || below === '') throw refused(field, path)
  const named = resolve(below)
  try {
    return { named, real: await realpath(named) }
  } catch (cause) {
    throw refusal(
      'attachment.access',
      field,
      'the folder below which files may be read is not there',
      'Check `files.below` of the access.',
      cause,
    )
  }
}

/**
 * Whether all there is of the way to a file that cannot be found lies below the folder. Where a link leads out of it, what is missing
 * outside must look like what is there.
 */
async function staysBelow(named: string, base: string): Promise<boolean> {
  for (let place = named; ; place = dirname(place)) {
    const real = await realpath(place).catch(() => undefined)
    if (real !== undefined) return real === base || isBelow(real, base)
    const isThere = await lstat(place).catch(() => undefined)
    if (isThere?.isSymbolicLink()) return false // nobody can say where it leads
    if (place === dirname(place)) return false
  }
}

/**
 * Where the file that is open really lies. Between looking at a name and opening it, somebody may have put a link in its place; Linux
 * tells the name of an open file, elsewhere the name is looked at again and must still be this file.
 */
async function placeOf(opened: FileHandle, path: string): Promise<string> {
  if (process.platform === 'linux') {
    const place = await readlink(`/proc/self/fd/${opened.fd}`).catch(() => undefined)
    if (place !== undefined) return place
  }
  const [real, now, then] = await Promise.all([
    realpath(path),
    stat(path, { bigint: true }),
    opened.stat({ bigint: true }),
  ])
  return now.ino === then.ino && now.dev === then.dev ? real : ''
}

function isBelow(path: string, base: string): boolean {
  const way = relative(base, path)
  return path !== '' && way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function refused(field: string, path: string): SettingsError {
  return refusal(
    'attachment.access',
    field,
    `names ${shownName(path)}, a file that must not be read`,
    'The access of the composer says which files a draft may name; give the octets as content otherwise.',
  )
}

function unreadable(field: string, path: string, cause: unknown): SettingsError {
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  return refusal(
    'content.unreadable',
    field,
    `the file ${shownName(path)} cannot be read (${reason})`,
    'Check the path and the permissions of the file.',
    cause,
  )
}

/** The last part of the name as it was given, in which nothing looks like more. */
function shownName(path: string): string {
  const name = Array.from(basename(path).replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '?'))
  return name.slice(0, MAX_SHOWN_NAME).join('')
}

function notAPath(field: string, cause?: unknown): SettingsError {
  return refusal(
    'attachment.path',
    field,
    'is not the name of a file',
    'Give a path or a file: URL; a `url` is for what is to be fetched.',
    cause,
  )
}
