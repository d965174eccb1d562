import { Mailer, openLog, smimeOptionsOf, smtpOptionsOf } from 'posthorn'
import { type LoadedProfile } from 'posthorn/profiles'
import { chosenWay, type ChosenWay, type OutputFlags } from '../chosen-way.js'
import { paintFor } from '../output.js'
import { reportFailure } from '../report.js'
import { testCommand } from '../test-command.js'
import { profileWarnings } from './show-command.js'

export interface VerifyFlags extends OutputFlags {
  readonly site?: string
  readonly offline?: boolean
}

/**
 * `posthorn profile verify`: all that a profile names is opened, signing and encryption are tried, and unless `--offline` the server is asked.
 * Gives the exit code.
 */
export async function verifyCommand(name: string | undefined, flags: VerifyFlags): Promise<number> {
  const { site, offline } = flags
  const chosen = { ...(name === undefined ? {} : { profile: name }), ...(site === undefined ? {} : { site }) }
  let loaded: LoadedProfile
  try {
    const way = await chosenWay(chosen, process.env)
    loaded = way
    const { transport = 'smtp' } = way.profile
    if (transport === 'smtp' || transport === 'lmtp') await smtpOptionsOf(way.profile, way.terms)
    else await new Mailer(way.profile, way.terms).close() // it says so when there is no such way yet
    await (await openLog(way.profile.logging, way.terms)).close()
    await trySmime(way, flags)
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

/** Signs and encrypts a sample as the profile says. @throws {SettingsError} as `trySigning` and `tryEncrypting` */
async function trySmime({ profile, terms }: ChosenWay, flags: VerifyFlags): Promise<void> {
  const smime = await smimeOptionsOf(profile, terms)
  if (!smime) return
  const { trySigning, tryEncrypting } = await import('posthorn/smime')
  if (smime.sign) await trySigning(smime.sign)
  if (smime.encrypt) await tryEncrypting(smime.encrypt)
  if (flags.quiet || flags.json) return
  if (smime.sign) process.stdout.write('signing     a sample was signed, and the signature holds\n')
  if (smime.encrypt) process.stdout.write('encryption  a sample was encrypted\n')
}
