import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { checkProfile, fromValues, valuesOf } from '@posthorn/settings'
import { writeProfileFile } from '@posthorn/settings/file'
import { FORMATS, type ImportedProfile, type ImportFormat, type ImportSource } from '@posthorn/settings/import'
import { profileOf, SettingsError } from 'posthorn'
import { checkProfileName, ProfileFolder } from 'posthorn/profiles'
import type { OutputFlags } from '../chosen-way.js'
import { foundServer } from '../found-server.js'
import { readAll } from '../read-all.js'
import { unreadable } from '../read-file.js'
import { reportFailure } from '../report.js'
import { usageError } from '../usage-error.js'
import { secretsApart } from './secret-files.js'
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
    const folder = new ProfileFolder()
    const named = await namedAs(read.profiles, folder, flags)
    const found: ImportedProfile[] = []
    for (const each of named) found.push(await settled(each))
    const saved = flags.out === undefined ? await saveAll(found, folder, flags) : await saveOut(found, flags.out)
    if (flags.json) {
      process.stdout.write(
        `${JSON.stringify({ ok: true, format: format.name, profiles: saved, report: read.report })}\n`,
      )
      return 0
    }
    if (!flags.quiet) showReport(read.report, flags.out === '-' ? process.stderr : process.stdout)
    for (const { name, file } of flags.quiet || flags.out === '-' ? [] : saved)
      process.stdout.write(`saved the profile ${name} in ${file}\n`)
    const [next] = saved
    if (!flags.quiet && next && flags.out !== '-')
      process.stdout.write(`next: posthorn test --profile ${word(flags.out ?? next.name)}\n`)
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

/**
 * The profiles with the names they get. Whatever can be said against these is said here, before anything is looked up or written.
 * @throws {SettingsError} `usage.flag`, `settings.name`
 */
async function namedAs(
  found: readonly ImportedProfile[],
  folder: ProfileFolder,
  { name: asked, out, replace }: ImportFlags,
): Promise<ImportedProfile[]> {
  if (out !== undefined && found.length > 1)
    throw usageError('--out', 'takes one profile, and there are several', 'Leave it out: each gets a file of its own.')
  if (asked !== undefined && found.length > 1) {
    const names = found.map(({ name }) => name).join(', ')
    throw usageError('--name', `takes one profile, and there are several: ${names}`, 'Leave it out: each has its own.')
  }
  const named = found.map((each) => ({ ...each, name: asked ?? each.name }))
  if (out !== undefined) return named
  for (const { name } of named) checkProfileName(name)
  const kept = new Map((await folder.list()).map(({ name }) => [name.toLowerCase(), name]))
  const taken = named.find(({ name }) => kept.has(name.toLowerCase()))
  if (taken && !replace) {
    const [flag, hint] =
      named.length === 1
        ? ['--name', 'Give another name, or --replace.']
        : ['--replace', 'Give it, or rename the profile in the source.']
    throw usageError(flag, `is needed: there is a profile ${taken.name} already`, hint)
  }
  return named.map((each) => ({ ...each, name: kept.get(each.name.toLowerCase()) ?? each.name }))
}

/** A profile ready to be saved, with its server found where the source leaves that open. */
async function settled(found: ImportedProfile): Promise<ImportedProfile> {
  if (found.discover === undefined || found.profile.relay?.host !== undefined)
    return { ...found, profile: checkProfile(found.profile) }
  const relay = profileOf(await foundServer(found.discover))
  return { ...found, profile: checkProfile(fromValues([...valuesOf(relay), ...valuesOf(found.profile)])) }
}

interface Saved {
  readonly name: string
  readonly file: string
}

/** All or none. */
async function saveAll(found: readonly ImportedProfile[], folder: ProfileFolder, flags: ImportFlags): Promise<Saved[]> {
  const whole = found.map(({ name, profile, sites = {} }) => {
    const document = { profile, sites }
    return flags.keepSecrets ? { name, document } : secretsApart(name, document)
  })
  const files = await folder.writeAll(whole)
  const active = flags.use ? found[0] : found.find((each) => each.active)
  if (active) await folder.use(active.name)
  return found.map(({ name }, index) => ({ name, file: files[index]! }))
}

async function saveOut(found: readonly ImportedProfile[], out: string): Promise<Saved[]> {
  for (const { profile, sites = {} } of found)
    await writeOut(out, writeProfileFile({ profile, sites }, out.endsWith('.json') ? 'json' : 'yaml'))
  return found.map(({ name }) => ({ name, file: out }))
}

/** One word for a shell, to be typed as it is shown. */
function word(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `"${text}"`
}
