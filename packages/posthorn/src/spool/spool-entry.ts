import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { readReason } from './failure-note.js'
import { namesIn } from './names-in.js'
import { readName, timeOfStem, type SpoolName, type SpoolState } from './spool-name.js'
import { spoolFault, systemCode } from './spool-error.js'

/** A file of a spool folder. */
export interface SpoolEntry {
  /** Without ending and owner. */
  readonly name: string
  readonly state: SpoolState
  /** Of the file, envelope included. */
  readonly sizeOctets: number
  /** When it was queued. */
  readonly at: Date
  /** Of a failed one: why, when that stands beside it. */
  readonly reason?: string
  /** Of one that is being sent: who has it, as an opaque name; absent when the file does not say. */
  readonly owner?: string
}

/** Files are asked about so many at once. */
const ASKED_AT_ONCE = 64

/** The entries of a folder, in the order of the file system. @throws {SettingsError} as `spoolFault` */
export async function* entriesIn(folder: string): AsyncGenerator<SpoolEntry, void, undefined> {
  try {
    let names: SpoolName[] = []
    for await (const file of namesIn(folder)) {
      const name = readName(file)
      if (name) names.push(name)
      if (names.length < ASKED_AT_ONCE) continue
      yield* await entriesFor(folder, names)
      names = []
    }
    yield* await entriesFor(folder, names)
  } catch (error) {
    throw spoolFault(error, folder)
  }
}

/** Those of them that are still there. */
async function entriesFor(folder: string, names: readonly SpoolName[]): Promise<SpoolEntry[]> {
  const entries = await Promise.all(names.map((name) => entryFor(folder, name)))
  return entries.filter((entry) => entry !== undefined)
}

async function entryFor(folder: string, { file, stem, state, owner }: SpoolName): Promise<SpoolEntry | undefined> {
  const facts = await factsOf(join(folder, file))
  if (!facts) return undefined // sent meanwhile
  const reason = state === 'failed' ? await readReason(join(folder, `${file}.txt`)) : undefined
  return {
    name: stem,
    state,
    sizeOctets: facts.size,
    at: new Date(timeOfStem(stem) ?? facts.mtimeMs),
    ...(reason === undefined ? {} : { reason }),
    ...(owner === undefined ? {} : { owner }),
  }
}

async function factsOf(path: string): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
