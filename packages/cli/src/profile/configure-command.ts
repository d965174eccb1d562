import { checkProfile, fromValues, valuesOf } from '@posthorn/settings'
import { profileOf } from 'posthorn'
import { ProfileFolder } from 'posthorn/profiles'
import type { OutputFlags } from '../chosen-way.js'
import { foundServer } from '../found-server.js'
import { reportFailure } from '../report.js'

export interface ConfigureFlags extends OutputFlags {
  readonly from: string
  readonly relay?: string
}

/** `posthorn profile configure NAME --from A [--relay HOST]`: sets sender and server. Gives the exit code. */
export async function configureCommand(name: string, flags: ConfigureFlags): Promise<number> {
  try {
    const folder = new ProfileFolder()
    const there = (await folder.list()).some((each) => each.name.toLowerCase() === name.toLowerCase())
    const { profile } = there ? await folder.read(name) : { profile: {} }
    const found = flags.relay === undefined ? profileOf(await foundServer(flags.from)) : undefined
    const changes = new Map([
      ...(found ? [...valuesOf(found)].filter(([path]) => !path.startsWith('credentials.')) : []),
    ])
    changes.set('sender.from', flags.from)
    if (flags.relay !== undefined) changes.set('relay.host', flags.relay)
    const values = new Map([...valuesOf(profile), ...changes])
    checkProfile(fromValues(values))
    const file = await folder.edit(name, changes)
    const host = String(values.get('relay.host'))
    if (flags.json) process.stdout.write(`${JSON.stringify({ ok: true, name, file, host })}\n`)
    else if (!flags.quiet) process.stdout.write(`${name} sends from ${flags.from} by ${host}; saved in ${file}\n`)
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  }
}
