import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import type { RawMessage } from 'posthorn'

/** So many a folder takes: a caller that fails in a loop must not fill the disk. */
const MAX_KEPT = 1000

/** A message that did not reach everybody. */
export interface Unsent {
  readonly message: RawMessage
  /** Who has not got it. */
  readonly recipients: readonly string[]
  /** What happened, without secrets. */
  readonly why: string
  /** Flags of `posthorn send` that make it the same again: the profile, what was asked of status notifications. */
  readonly flags: readonly string[]
}

/**
 * Keeps a message that did not reach everybody: whoever calls sendmail mostly throws it away. Beside it lies a script that sends it to those
 * who have not got it. Says where they are; that the message could not be kept is said, too, and is no error of its own.
 */
export async function keepUnsent(unsent: Unsent, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const state = env['XDG_STATE_HOME']
  const folder = join(state?.startsWith('/') ? state : join(homedir(), '.local', 'state'), 'posthorn', 'unsent')
  const name = `${new Date().toISOString().replace(/[:.]/g, '-')}-${process.pid}`
  let kept: string | undefined
  try {
    kept = await keptIn(await madeFolder(folder), name, unsent)
  } catch (error) {
    process.stderr.write(`the message could not be kept in ${folder} (${reasonOf(error)})\n`)
    if (error instanceof FolderFull) return
    // many who call sendmail have no home of their own
    kept = await mkdtemp(join(tmpdir(), 'posthorn-unsent-'))
      .then((other) => keptIn(other, name, unsent))
      .catch((again: unknown) => {
        process.stderr.write(`nor in ${tmpdir()} (${reasonOf(again)})\n`)
        return undefined
      })
  }
  if (kept !== undefined)
    process.stderr.write(`the message is kept in ${kept}.eml\nwhat to do: sh ${quoted(`${kept}.sh`)} sends it.\n`)
}

class FolderFull extends Error {
  readonly code = `${MAX_KEPT} messages are there`
}

async function madeFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const names = await readdir(folder)
  if (names.filter((each) => each.endsWith('.eml')).length >= MAX_KEPT) throw new FolderFull()
  return folder
}

/** Both files, or none. */
async function keptIn(folder: string, name: string, { message, recipients, why, flags }: Unsent): Promise<string> {
  const path = join(folder, name)
  const [content, script] = [`${path}.eml`, `${path}.sh`]
  const program = fileURLToPath(new URL('../../bin/posthorn.js', import.meta.url))
  const command = [
    process.execPath,
    program,
    'send',
    '--raw',
    content,
    '--from',
    message.envelope.reversePath,
    ...flags,
  ]
  for (const recipient of recipients) command.push('--to', recipient)
  try {
    await pipeline(message.content.open(), createWriteStream(content, { mode: 0o600, flags: 'wx' }))
    await writeFile(
      script,
      `# ${why.replace(/\p{Cc}+/gu, ' ')}\n# This sends it to those who have not got it, and removes both files.\n` +
        (flags.includes('--profile') ? '' : '# Set again what was set in the environment, such as POSTHORN_SERVER.\n') +
        `${command.map(quoted).join(' ')} &&\n  rm ${quoted(content)} ${quoted(script)}\n`,
      { mode: 0o600, flag: 'wx' },
    )
    return path
  } catch (error) {
    await Promise.all([content, script].map((file) => rm(file, { force: true })))
    throw error
  }
}

/** One word for a shell, whatever is in it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}
