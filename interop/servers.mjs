// Starts the real servers and stops them when its standard input ends, on a signal, or when starting fails: whatever becomes of the one
// who started it, nothing is left behind. A program of its own because it runs as root (by sudo, if need be), and nothing else does.
// Prints one line of JSON when all are ready, and then one for each line it reads: `queued`, or `log`.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { makeCertificates } from './certificate.mjs'
import { Daemon } from './daemon.mjs'
import { idOf, startPostfix } from './postfix.mjs'
import { startSinks } from './smtp-sink.mjs'

process.umask(0o022)
process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`

// /tmp whatever TMPDIR says: the users that Postfix runs as must be able to enter
const folder = mkdtempSync('/tmp/posthorn-')
chmodSync(folder, 0o755)
let stopping

process.once('exit', () => {
  for (const daemon of Daemon.all) daemon.kill()
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop())
process.stdout.on('error', () => void stop())

const questions = createInterface({ input: process.stdin })
questions.once('close', () => void stop())

try {
  const user = 'alice'
  const password = randomBytes(12).toString('base64url')
  const nobody = { uid: await idOf('-u', 'nobody'), gid: await idOf('-g', 'nobody') }
  // mail belongs to whoever runs the cases, so that they can read it
  const { SUDO_UID, SUDO_GID } = process.env
  const owner = SUDO_UID && SUDO_UID !== '0' ? { uid: Number(SUDO_UID), gid: Number(SUDO_GID) } : nobody
  const { chain, ca, caPath, strangerCa } = await makeCertificates(folder)
  const postfix = await startPostfix({ folder, chain, user, password, owner })
  const sinks = await startSinks({ folder, nobody })
  const ask = { queued: () => postfix.queued(), log: () => postfix.log(12) }
  questions.on('line', (line) => void ask[line]?.().then(answer, fail))
  answer({
    ...{
      version: postfix.version,
      ports: postfix.ports,
      maildirs: postfix.maildirs,
      user,
      password,
      ca,
      caPath,
      strangerCa,
    },
    ...{ sinkPorts: sinks.ports, sinkMail: sinks.mail },
  })
} catch (error) {
  fail(error)
}

function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

function fail(error) {
  if (stopping) return
  console.error(error)
  process.exitCode = 1
  void stop()
}

function stop() {
  return (stopping ??= Promise.allSettled(Daemon.all.map((daemon) => daemon.stop())).then(() => process.exit()))
}
