import { ProfileFolder, type KeptProfile } from 'posthorn/profiles'
import type { OutputFlags } from '../chosen-way.js'
import { paintFor } from '../output.js'
import { reportFailure } from '../report.js'

/** `posthorn profile list`. Gives the exit code. */
export async function listCommand(flags: OutputFlags): Promise<number> {
  try {
    const folder = new ProfileFolder()
    const kept = await described(folder)
    if (flags.json) process.stdout.write(`${JSON.stringify({ ok: true, folder: folder.path, profiles: kept })}\n`)
    else if (kept.length === 0 && !flags.quiet)
      process.stderr.write(`no profile in ${folder.path}; posthorn profile import FILE makes one\n`)
    const paint = paintFor(process.stdout)
    for (const { name, active, description } of flags.json ? [] : kept) {
      const about = description === undefined ? '' : paint('dim', `  ${description}`)
      process.stdout.write(`${active ? paint('green', '*') : ' '} ${name}${about}\n`)
    }
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  }
}

/** Every profile with what it says it is for; one that cannot be read is listed all the same. */
async function described(folder: ProfileFolder): Promise<(KeptProfile & { description?: string | undefined })[]> {
  const kept = await folder.list()
  return Promise.all(
    kept.map(async (each) => {
      const description = await folder.read(each.name).then(
        ({ profile }) => profile.description,
        () => undefined,
      )
      return { ...each, description }
    }),
  )
}

/** `posthorn profile formats`. Gives the exit code. */
export async function formatsCommand(flags: OutputFlags): Promise<number> {
  const { FORMATS } = await import('@posthorn/settings/import')
  const formats = FORMATS.map(({ name, says, export: exports }) => ({ name, says, exports: exports !== undefined }))
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok: true, formats })}\n`)
  for (const { name, says, exports } of flags.json ? [] : formats)
    process.stdout.write(`${name.padEnd(12)} ${exports ? 'import, export' : 'import        '}  ${says}\n`)
  return 0
}
