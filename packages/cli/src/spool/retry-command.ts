import { basename } from 'node:path'
import { SettingsError } from 'posthorn'
import { SpoolFolder } from 'posthorn/spool'
import type { OutputFlags } from '../chosen-way.js'
import { printable } from '../output.js'
import { reportFailure } from '../report.js'

const ENDING = '.failed'

/** `posthorn spool retry`: messages that failed wait again. Gives the exit code. */
export async function spoolRetryCommand(folder: string, names: readonly string[], flags: OutputFlags): Promise<number> {
  const retried: string[] = []
  try {
    const spool = new SpoolFolder(folder)
    const retry = async (name: string) => {
      await spool.retry(name)
      retried.push(name)
      if (!flags.json && !flags.quiet) process.stdout.write(`queued  ${printable(name)}\n`)
    }
    // a shell gives whole paths: DIR/*.failed
    for (const name of names) await retry(withoutEnding(basename(name)))
    if (names.length === 0) {
      for await (const { name, state } of spool.entries()) if (state === 'failed') await unlessGone(retry(name))
    }
  } catch (error) {
    return reportFailure(error, flags)
  }
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok: true, folder, retried })}\n`)
  else if (!flags.quiet && retried.length === 0) process.stdout.write('nothing has failed\n')
  return 0
}

function withoutEnding(name: string): string {
  return name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : name
}

/** Of all that failed, one that somebody else has dealt with meanwhile is no fault. */
async function unlessGone(retrying: Promise<void>): Promise<void> {
  try {
    await retrying
  } catch (error) {
    if (!(error instanceof SettingsError && error.code === 'spool.not-found')) throw error
  }
}
