import {
  checkProfile,
  fromValues,
  isPlain,
  SETTINGS,
  unknownSetting,
  valueFromText,
  valueProblems,
  valuesOf,
} from '@posthorn/settings'
import { ProfileFolder } from 'posthorn/profiles'
import type { OutputFlags } from '../chosen-way.js'
import { paintFor } from '../output.js'
import { reportFailure } from '../report.js'
import { usageError } from '../usage-error.js'

/** `posthorn profile set NAME setting=value ...`. Gives the exit code. */
export async function setCommand(name: string, assignments: readonly string[], flags: OutputFlags): Promise<number> {
  try {
    const folder = new ProfileFolder()
    const there = (await folder.list()).some((each) => each.name.toLowerCase() === name.toLowerCase())
    const { profile } = there ? await folder.read(name) : { profile: {} }
    const values = new Map(valuesOf(profile))
    const changes = new Map<string, unknown>()
    const plain: string[] = []
    for (const assignment of assignments) {
      const equals = assignment.indexOf('=')
      const path = equals < 0 ? assignment : assignment.slice(0, equals)
      const setting = SETTINGS.get(path)
      if (!setting) {
        const unknown = unknownSetting(path)
        throw usageError(unknown.path, unknown.problem, unknown.fix)
      }
      if (equals < 0) throw usageError(path, 'has no value', `Write ${path}=value, or ${path}= to take it out.`)
      const text = assignment.slice(equals + 1)
      if (text === '') {
        values.delete(path)
        changes.set(path, undefined)
      } else {
        const value = valueFromText(setting, text)
        const [problem] = valueProblems(setting, value)
        if (problem) throw usageError(path, problem.problem, problem.fix)
        values.set(path, value)
        changes.set(path, value)
        if (setting.holds === 'secret' && isPlain(value)) plain.push(path)
      }
    }
    checkProfile(fromValues(values))
    const file = await folder.edit(name, changes)
    for (const path of flags.quiet || flags.json ? [] : plain)
      process.stderr.write(
        `${paintFor(process.stderr)('yellow', `warning: ${path} stands in the profile itself; better is env:NAME or file:PATH.`)}\n`,
      )
    return told(flags, `saved in ${file}`, { name, file })
  } catch (error) {
    return reportFailure(error, flags)
  }
}

/** `posthorn profile use NAME`. Gives the exit code. */
export async function useCommand(name: string, flags: OutputFlags): Promise<number> {
  try {
    const kept = await new ProfileFolder().use(name)
    return told(flags, `${kept.name} is the active profile`, kept)
  } catch (error) {
    return reportFailure(error, flags)
  }
}

/** `posthorn profile remove NAME`. Gives the exit code. */
export async function removeCommand(name: string, flags: OutputFlags): Promise<number> {
  try {
    await new ProfileFolder().remove(name)
    return told(flags, `${name} is gone`, { name })
  } catch (error) {
    return reportFailure(error, flags)
  }
}

function told(flags: OutputFlags, text: string, facts: object): number {
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok: true, ...facts })}\n`)
  else if (!flags.quiet) process.stdout.write(`${text}\n`)
  return 0
}
