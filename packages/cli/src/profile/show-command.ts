import { isPlain, SETTINGS, shown, valuesOf, weaknesses, type Profile } from '@posthorn/settings'
import { loadProfile } from 'posthorn/profiles'
import type { OutputFlags } from '../chosen-way.js'
import { paintFor } from '../output.js'
import { reportFailure } from '../report.js'

/** `posthorn profile show`: what a profile says with the environment laid over it. Gives the exit code. */
export async function showCommand(name: string | undefined, flags: OutputFlags): Promise<number> {
  try {
    const loaded = await loadProfile(name)
    const values = [...valuesOf(loaded.profile)].map(([path, value]) => {
      const { origin, place } = loaded.origins.get(path)!
      return { path, value: shown(SETTINGS.get(path)!, value, loaded.profile), origin, place }
    })
    const warnings = profileWarnings(loaded.profile)
    if (flags.json) {
      process.stdout.write(
        `${JSON.stringify({ ok: true, name: loaded.name, file: loaded.file ?? null, values, warnings })}\n`,
      )
      return 0
    }
    const paint = paintFor(process.stdout)
    process.stdout.write(`${paint('bold', loaded.name)}${loaded.file === undefined ? '' : `  ${loaded.file}`}\n`)
    const width = Math.max(0, ...values.map(({ path }) => path.length))
    for (const { path, value, origin } of values) {
      const from = origin === 'file' ? '' : paint('dim', `  (${origin})`)
      process.stdout.write(
        `  ${path.padEnd(width)}  ${typeof value === 'string' ? value : JSON.stringify(value)}${from}\n`,
      )
    }
    for (const warning of flags.quiet ? [] : warnings)
      process.stderr.write(`${paintFor(process.stderr)('yellow', `warning: ${warning}`)}\n`)
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  }
}

/** What is unsafe in a profile, and which secrets stand in it for everybody who reads the file. */
export function profileWarnings(profile: Profile): string[] {
  const unsafe = weaknesses(profile).map(({ path, says }) => `${path} weakens a check. ${says}`)
  const plain = [...valuesOf(profile)]
    .filter(([path, value]) => SETTINGS.get(path)?.holds === 'secret' && isPlain(value))
    .map(([path]) => `${path} stands in the profile itself; better is env:NAME or file:PATH.`)
  return [...unsafe, ...plain]
}
