import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { RawMessage } from 'posthorn'

/**
 * Keeps a message that did not reach everybody: whoever calls sendmail mostly throws it away. Says where it is; that it could not be kept
 * is said, too, and is no error of its own.
 */
export async function keepUnsent(message: RawMessage, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const state = env['XDG_STATE_HOME']
  const folder = join(state?.startsWith('/') ? state : join(homedir(), '.local', 'state'), 'posthorn', 'unsent')
  const name = `${new Date().toISOString().replace(/[:.]/g, '-')}-${process.pid}.eml`
  const path = join(folder, name)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await pipeline(message.content.open(), createWriteStream(path, { mode: 0o600, flags: 'wx' }))
    const to = message.envelope.recipients
    process.stderr.write(`the message is kept in ${path}\n`)
    process.stderr.write(
      `send it by hand: posthorn send --raw ${path} --from '${message.envelope.reversePath}' ${to.map((each) => `--to '${each}'`).join(' ')}\n`,
    )
  } catch (error) {
    process.stderr.write(
      `the message could not be kept in ${folder} (${(error as NodeJS.ErrnoException).code ?? 'unknown'})\n`,
    )
  }
}
