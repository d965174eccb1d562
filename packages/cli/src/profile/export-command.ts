import { basename, dirname, join, resolve } from 'node:path'
import {
  fromValues,
  parseReference,
  plainText,
  SETTINGS,
  valuesOf,
  type Profile,
  type SettingValue,
} from '@posthorn/settings'
import { FORMATS } from '@posthorn/settings/import'
import { loadProfile, type LoadedProfile } from 'posthorn/profiles'
import type { OutputFlags } from '../chosen-way.js'
import { fold, paintFor } from '../output.js'
import { firstLine } from '../read-file.js'
import { reportFailure } from '../report.js'
import { usageError } from '../usage-error.js'
import { writeOut } from './write-out.js'

export interface ExportFlags extends OutputFlags {
  readonly format: string
  readonly out?: string
  readonly withSecrets?: boolean
}

/** `posthorn profile export --format F`. Gives the exit code. */
export async function exportCommand(name: string | undefined, flags: ExportFlags): Promise<number> {
  try {
    const format = FORMATS.find((each) => each.name === flags.format)
    if (!format?.export) {
      const names = FORMATS.flatMap((each) => (each.export ? [each.name] : [])).join(', ')
      throw usageError(
        '--format',
        format ? 'can be imported, and not exported' : 'is not known',
        `Use one of ${names}.`,
      )
    }
    const loaded = await loadProfile(name)
    const profile = flags.withSecrets ? await withSecrets(loaded) : loaded.profile
    const {
      text,
      files = {},
      lost,
    } = format.export({ name: loaded.name, profile }, { secrets: flags.withSecrets === true })
    const beside = Object.entries(files)
    if (beside.length > 0 && (flags.out === undefined || flags.out === '-'))
      throw usageError(
        '--out',
        `is missing: ${format.name} has several files`,
        `They are written beside it: ${Object.keys(files).join(', ')}.`,
      )
    await writeOut(flags.out ?? '-', text)
    for (const [file, content] of beside) await writeOut(join(dirname(flags.out ?? ''), basename(file)), content)
    if (flags.json) process.stderr.write(`${JSON.stringify({ ok: true, lost })}\n`)
    else if (!flags.quiet) {
      for (const { setting, note } of lost)
        process.stderr.write(
          `${paintFor(process.stderr)('yellow', fold(`lost: ${setting}: ${note}`, process.stderr, 2))}\n`,
        )
    }
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  }
}

/** The profile with what it keeps in files and variables in its place, for a product that keeps passwords in its configuration. */
async function withSecrets({ profile, directory }: LoadedProfile): Promise<Profile> {
  const values: SettingValue[] = []
  for (const [path, value] of valuesOf(profile)) {
    const reference =
      SETTINGS.get(path)?.holds === 'secret' && typeof value === 'string' ? parseReference(value, path) : undefined
    if (reference?.kind === 'file') values.push([path, plainText(firstLine(resolve(directory, reference.path), path))])
    else if (reference?.kind === 'env') values.push([path, plainText(process.env[reference.name] ?? '')])
    else values.push([path, value])
  }
  return fromValues(values.filter(([, value]) => value !== ''))
}
