import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { checkProfile, fromValues, valuesOf } from '@posthorn/settings'
import { writeProfileFile } from '@posthorn/settings/file'
import { FORMATS, type ImportedProfile, type ImportFormat, type ImportSource } from '@posthorn/settings/import'
import { profileOf, SettingsError } from 'posthorn'
import { ProfileFolder } from 'posthorn/profiles'
import type { OutputFlags } from '../chosen-way.js'
import { foundServer } from '../found-server.js'
import { readAll } from '../read-all.js'
import { unreadable } from '../read-file.js'
import { reportFailure } from '../report.js'
import { usageError } from '../usage-error.js'
import { secretsToFiles } from './secret-files.js'
import { showReport } from './show-report.js'
import { writeOut } from './write-out.js'

export interface ImportFlags extends OutputFlags {
  readonly format?: string
  readonly name?: string
  readonly out?: string
  readonly keepSecrets?: boolean
  readonly replace?: boolean
  readonly use?: boolean
}

/** What lies beside a file and belongs to it, by the name of the format. */
const SIBLINGS: Readonly<Record<string, RegExp>> = {
  illiad: /\.config$|keys?[\w .-]*\.(?:csv|txt)$/i,
  postfix: /^(?:[\w.-]*passw[\w.-]*|[\w.-]*\.(?:pem|crt))$/i,
}
const MAX_SIBLINGS = 1000
const MAX_FILE_OCTETS = 20_000_000

/** `posthorn profile import FILE`. Gives the exit code. */
export async function importCommand(files: readonly string[], flags: ImportFlags): Promise<number> {
  try {
    const [first = '', ...others] = files
    const source = await sourceOf(first, others)
    const format = formatOf(flags.format, source)
    const read = format.import({ ...source, files: { ...(await siblings(format, first)), ...source.files } })
    const found: ImportedProfile[] = []
    for (const each of read.profiles)
      found.push(await settled(each, read.profiles.length === 1 ? flags.name : undefined))
    const saved = await saveAll(found, flags)
    if (flags.json) {
      process.stdout.write(
        `${JSON.stringify({ ok: true, format: format.name, profiles: saved, report: read.report })}\n`,
      )
      return 0
    }
    if (!flags.quiet) showReport(read.report, flags.out === '-' ? process.stderr : process.stdout)
    for (const { name, file } of flags.quiet || flags.out === '-' ? [] : saved)
      process.stdout.write(`saved the profile ${name} in ${file}\n`)
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  }
}

async function sourceOf(first: string, others: readonly string[]): Promise<ImportSource> {
  const files: Record<string, string> = {}
  for (const path of others) files[basename(path)] = await textOf(path)
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(first)) return { text: first, files }
  if (first === '-') return { text: await readAll(process.stdin, 'the configuration'), files }
  return { text: await textOf(first), name: basename(first), files }
}

async function textOf(path: string): Promise<string> {
  let octets: Uint8Array
  try {
    octets = await readFile(path)
  } catch (error) {
    throw unreadable('FILE', path, error)
  }
  if (octets.length > MAX_FILE_OCTETS) throw unreadable('FILE', path, { code: 'larger than 20 MB' })
  return decoded(octets)
}

/** Windows writes UTF-16 with a mark; everything else is UTF-8, or the old single octets of Europe. */
function decoded(octets: Uint8Array): string {
  if (octets[0] === 0xff && octets[1] === 0xfe) return new TextDecoder('utf-16le').decode(octets)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    return new TextDecoder('windows-1252').decode(octets)
  }
}

function formatOf(asked: string | undefined, source: ImportSource): ImportFormat {
  const names = FORMATS.map(({ name }) => name).join(', ')
  if (asked !== undefined) {
    const format = FORMATS.find(({ name }) => name === asked)
    if (format) return format
    throw usageError('--format', 'is not known', `Use one of ${names}.`)
  }
  const format = FORMATS.find(({ recognises }) => recognises(source))
  if (format) return format
  throw usageError('--format', 'is missing: the file does not show of which product it is', `Use one of ${names}.`)
}

async function siblings({ name }: ImportFormat, first: string): Promise<Record<string, string>> {
  const pattern = SIBLINGS[name]
  if (pattern === undefined || first === '-' || first.includes('://')) return {}
  const folder = dirname(resolve(first))
  const beside = (await readdir(folder)).filter((each) => pattern.test(each) && each !== basename(first)).sort()
  const files: Record<string, string> = {}
  for (const each of beside.slice(0, MAX_SIBLINGS)) {
    try {
      files[each] = await textOf(join(folder, each))
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error
      continue // what cannot be read is missing for the importer, which says what it needs
    }
  }
  return files
}

/** A profile ready to be saved: named, and with its server found where the source leaves that open. */
async function settled(found: ImportedProfile, name: string | undefined): Promise<ImportedProfile> {
  const named = { ...found, name: name ?? found.name }
  if (found.discover === undefined || found.profile.relay?.host !== undefined)
    return { ...named, profile: checkProfile(found.profile) }
  const relay = profileOf(await foundServer(found.discover))
  return { ...named, profile: checkProfile(fromValues([...valuesOf(relay), ...valuesOf(found.profile)])) }
}

async function saveAll(
  found: readonly ImportedProfile[],
  flags: ImportFlags,
): Promise<{ name: string; file: string }[]> {
  if (flags.out !== undefined && found.length > 1)
    throw usageError('--out', 'takes one profile, and there are several', 'Leave it out: each gets a file of its own.')
  const folder = new ProfileFolder()
  if (flags.out === undefined && !flags.replace) {
    const kept = new Set((await folder.list()).map(({ name }) => name.toLowerCase()))
    const taken = found.find(({ name }) => kept.has(name.toLowerCase()))
    if (taken)
      throw usageError('--name', `is needed: there is a profile ${taken.name}`, 'Give another name, or --replace.')
  }
  const saved = []
  for (const { name, profile, sites = {} } of found) {
    if (flags.out !== undefined) {
      const text = writeProfileFile({ profile, sites }, flags.out.endsWith('.json') ? 'json' : 'yaml')
      await writeOut(flags.out, text)
      saved.push({ name, file: flags.out })
      continue
    }
    const document = flags.keepSecrets
      ? { profile, sites }
      : await secretsToFiles(folder.path, name, { profile, sites })
    saved.push({ name, file: await folder.write(name, document) })
  }
  const active = flags.use ? found[0] : found.find((each) => each.active)
  if (active && flags.out === undefined) await folder.use(active.name)
  return saved
}
