import { openLog, smtpOptionsOf } from 'posthorn'
import { type LoadedProfile } from 'posthorn/profiles'
import { chosenWay, type OutputFlags } from '../chosen-way.js'
import { paintFor } from '../output.js'
import { reportFailure } from '../report.js'
import { testCommand } from '../test-command.js'
import { profileWarnings } from './show-command.js'

export interface VerifyFlags extends OutputFlags {
  readonly site?: string
  readonly offline?: boolean
}

/** `posthorn profile verify`: all that a profile names is opened, and unless `--offline` the server is asked. Gives the exit code. */
export async function verifyCommand(name: string | undefined, flags: VerifyFlags): Promise<number> {
  const { site, offline } = flags
  const chosen = { ...(name === undefined ? {} : { profile: name }), ...(site === undefined ? {} : { site }) }
  let loaded: LoadedProfile
  try {
    const way = await chosenWay(chosen, process.env)
    loaded = way
    if (way.profile.transport === undefined || way.profile.transport === 'smtp' || way.profile.transport === 'lmtp')
      await smtpOptionsOf(way.profile, way.terms)
    await (await openLog(way.profile.logging, way.terms)).close()
  } catch (error) {
    return reportFailure(error, flags)
  }
  const warnings = profileWarnings(loaded.profile)
  if (!flags.quiet && !flags.json)
    for (const warning of warnings)
      process.stderr.write(`${paintFor(process.stderr)('yellow', `warning: ${warning}`)}\n`)
  if (!offline) return testCommand({ ...flags, ...chosen })
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok: true, name: loaded.name, warnings })}\n`)
  else if (!flags.quiet) process.stdout.write(`${loaded.name} can be used; the server was not asked\n`)
  return 0
}
