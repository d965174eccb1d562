import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SettingsError } from 'posthorn'
import { invocation } from './invocation.js'
import { paintFor } from './output.js'
import { reportFailure } from './report.js'
import { arrivalLine } from './sandbox/arrival-line.js'
import { startSandbox, type Arrival, type Sandbox } from './sandbox/sandbox.js'
import { usageError } from './usage-error.js'

export interface SandboxFlags {
  readonly port: string
  readonly host: string
  readonly dir?: string
  readonly caOut?: string
  readonly user?: string
  readonly password?: string
  readonly json?: boolean
}

/** `posthorn sandbox`: runs until SIGINT or SIGTERM. Gives the exit code. */
export async function sandboxCommand(flags: SandboxFlags): Promise<number> {
  try {
    const { host, dir, user, password, json } = flags
    if (!/^\d{1,5}$/.test(flags.port) || Number(flags.port) > 65_535) {
      throw usageError('--port', 'must be a port, 0 to 65535', 'Write --port 2525, or --port 0 for any free one.')
    }
    if ((user === undefined) !== (password === undefined)) {
      throw usageError('--user', 'and --password go together', 'Give both, or none to take any login.')
    }
    const paint = paintFor(process.stdout)
    const onArrival = (arrival: Arrival) =>
      process.stdout.write(
        `${json ? JSON.stringify({ event: 'arrival', ...arrival }) : arrivalLine(arrival, process.stdout, paint)}\n`,
      )
    const stopped = nextSignal()
    await using sandbox = await startSandbox({
      port: Number(flags.port),
      host,
      onArrival,
      ...(dir === undefined ? {} : { dir }),
      ...(user === undefined || password === undefined ? {} : { user, password }),
    })
    const caPath = flags.caOut ?? join(sandbox.dir, 'ca.pem')
    await writeAuthority(caPath, sandbox.ca)
    if (json)
      process.stdout.write(
        `${JSON.stringify({ event: 'listening', host, port: sandbox.port, dir: sandbox.dir, ca: caPath })}\n`,
      )
    else introduce(sandbox, caPath, user)
    await stopped
    if (!json)
      process.stdout.write(
        `\n${sandbox.count} ${sandbox.count === 1 ? 'message' : 'messages'} kept in ${sandbox.dir}\n`,
      )
    return 0
  } catch (error) {
    return reportFailure(error, {})
  }
}

function introduce({ host, port, dir }: Sandbox, caPath: string, user: string | undefined): void {
  const paint = paintFor(process.stdout)
  const name = host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  const line = (what: string, text: string) => process.stdout.write(`  ${paint('dim', what.padEnd(10))}${text}\n`)
  process.stdout.write(`${paint('bold', 'Posthorn sandbox')}: takes every message, sends none on\n`)
  line('listens', `${host} port ${port}, STARTTLS, ${user === undefined ? 'any login or none' : `login as ${user}`}`)
  line('keeps', dir)
  line('trust', caPath)
  line('try', `${invocation()} send --server smtp://${user === undefined ? '' : `${user}@`}${name}:${port} \\`)
  line('', `  --ca ${caPath} \\`)
  line('', '  --from me@example.test --to you@example.test --text Hello')
  process.stdout.write(`${paint('dim', 'Ctrl-C ends it.')}\n\n`)
}

async function writeAuthority(path: string, ca: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, ca)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new SettingsError('sandbox.dir', '--ca-out', `${path} cannot be written (${reason})`, {
      cause: error,
      hint: 'Give a file that can be written.',
    })
  }
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
}
