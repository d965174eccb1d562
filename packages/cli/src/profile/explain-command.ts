import { explain } from '@posthorn/settings'
import { profileLayers } from 'posthorn/profiles'
import { assigned, type OutputFlags } from '../chosen-way.js'
import { paintFor } from '../output.js'
import { reportFailure } from '../report.js'

export interface ExplainFlags extends OutputFlags {
  readonly site?: string
  readonly set?: readonly string[]
}

/** `posthorn profile explain NAME SETTING`. Gives the exit code. */
export async function explainCommand(name: string, path: string, flags: ExplainFlags): Promise<number> {
  try {
    const values = (flags.set ?? []).map(assigned)
    const { layers } = await profileLayers(name, { site: flags.site, flags: values })
    const { setting, value, rival, origin, place, overruled } = explain(layers, path)
    if (flags.json) {
      const found = { ok: true, setting: path, value: value ?? null, rival, origin, place, overruled }
      process.stdout.write(`${JSON.stringify({ ...found, effect: setting.effect })}\n`)
      return 0
    }
    const paint = paintFor(process.stdout)
    const text = value === undefined ? 'not said, and nothing is done' : shownValue(value)
    const from =
      rival === undefined
        ? value === undefined
          ? 'nowhere'
          : place
        : `nowhere: ${rival} from ${place} takes its place`
    process.stdout.write(`${paint('bold', path)}  ${text}\n`)
    process.stdout.write(`  from     ${from}\n`)
    for (const each of overruled) process.stdout.write(`  instead of ${shownValue(each.value)} from ${each.place}\n`)
    process.stdout.write(`  means    ${setting.says}\n`)
    process.stdout.write(`  changes  count ${EFFECTS[setting.effect]}\n`)
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  }
}

const EFFECTS = {
  message: 'at once, for the next message',
  session: 'for the next session',
  start: 'when the profile is loaded anew',
} as const

function shownValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
