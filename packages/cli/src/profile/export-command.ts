import { basename, dirname, join } from 'node:path'
import { FORMATS } from '@posthorn/settings/import'
import { loadProfile } from 'posthorn/profiles'
import type { OutputFlags } from '../chosen-way.js'
import { fold, paintFor } from '../output.js'
import { reportFailure } from '../report.js'
import { usageError } from '../usage-error.js'
import { writeOut } from './write-out.js'

export interface ExportFlags extends OutputFlags {
  readonly format: string
  readonly out?: string
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
    const { name: own, profile } = await loadProfile(name)
    const { text, files = {}, lost } = format.export({ name: own, profile })
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
