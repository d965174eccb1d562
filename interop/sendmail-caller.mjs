// A program that hands its mail to sendmail(8), with Posthorn in its place and a home of its own.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readMessage } from 'posthorn'
import { Skipped } from './lab.mjs'

export const PROGRAM = fileURLToPath(new URL('../packages/cli/bin/posthorn.js', import.meta.url))
const LIMIT_MS = 60_000

/** The profile with which Posthorn hands mail to the Postfix of the run: over TLS, with a login. */
export function profileOf(lab, more = '') {
  const { ports, user, password, caPath } = lab.servers
  return `relay: { host: localhost, port: ${ports.submission} }
identity: { family: 4 }
security: starttls
tls: { ca: "file:${caPath}" }
credentials: { user: ${user}, password: "plain:${password}" }
sender: { from: machine@posthorn.example }
${more}`
}

/** A home with a profile and a link named sendmail; gone when the task is done. The task gets what is below. */
export async function withHome(profile, task) {
  const home = await mkdtemp(join(tmpdir(), 'posthorn-sendmail-'))
  const sendmail = join(home, 'bin', 'sendmail')
  const env = {
    HOME: home,
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    LC_ALL: 'C.UTF-8',
    POSTHORN_PROFILE: join(home, 'profile.yaml'),
    XDG_STATE_HOME: join(home, 'state'), // s-nail gives root its own HOME back
  }
  try {
    await mkdir(dirname(sendmail))
    await symlink(PROGRAM, sendmail)
    await writeFile(env.POSTHORN_PROFILE, profile, { mode: 0o600 })
    const kept = () => readdir(join(home, 'state', 'posthorn', 'unsent')).catch(() => [])
    await task({
      home,
      sendmail,
      env,
      kept,
      run: (command, args, more) => run(command, args, { cwd: home, env, ...more }),
    })
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** Runs a program to its end. @throws {Skipped} when it is not installed */
export async function run(command, args, { input = '', ...options } = {}) {
  const child = spawn(command, args, { ...options, stdio: 'pipe', timeout: LIMIT_MS })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  child.stdin.on('error', () => {}) // it may end before it has read everything
  const ended = new Promise((resolve, reject) => {
    child.once('close', (code, signal) => resolve({ code: code ?? signal, stdout, stderr }))
    child.once('error', (error) => reject(error.code === 'ENOENT' ? new Skipped(`not installed: ${command}`) : error))
  })
  if (typeof input === 'function') await input(child.stdin)
  else child.stdin.end(input)
  return ended
}

/** What arrived in a box, as a mail program shows it, by recipient, with its octets (`source`). */
export async function arrivedIn(lab, box) {
  await lab.settled()
  const all = await Promise.all(
    (await box.arrived()).map(async ({ recipient, front, text, stored }) => {
      const source = text ?? `${front}${stored.toString('utf8')}`
      return { recipient, source, ...(await readMessage(Buffer.from(source))) }
    }),
  )
  return all.sort((a, b) => (a.recipient < b.recipient ? -1 : 1))
}
