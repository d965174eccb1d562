// Starts the real servers and stops them when its standard input ends, on a signal, or when starting fails: whatever becomes of the one
// who started it, nothing is left behind. A program of its own because it runs as root (by sudo, if need be), and nothing else does.
// Prints one line of JSON when Postfix is ready, and then one for each line it reads: a number and a question, which is `queued`, `mark`,
// `log` (since the mark), or `start` with the name of a server that runs only when somebody wants it.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { makeCertificates } from './certificate.mjs'
import { Daemon } from './daemon.mjs'
import { idOf, startPostfix } from './postfix.mjs'
import { startDante } from './servers/dante.mjs'
import { startDovecot } from './servers/dovecot.mjs'
import { startExim } from './servers/exim.mjs'
import { kerberosPaths, startKdc } from './servers/kdc.mjs'
import { startMailMachine } from './servers/mail-machine.mjs'
import { startOidc } from './servers/oidc.mjs'
import { startRevocation } from './servers/revocation.mjs'
import { makeToken } from './servers/softhsm.mjs'
import { startSquid } from './servers/squid.mjs'
import { startStapling } from './servers/stapling.mjs'
import { startSshSocks } from './servers/ssh-socks.mjs'
import { startSinks } from './smtp-sink.mjs'

/** Each gets the site below and resolves with what a case should know: ports, paths, accounts. Others may be needed by it: `site.start`. */
const ON_DEMAND = {
  dante: startDante,
  dovecot: startDovecot,
  exim: startExim,
  kdc: startKdc,
  'mail-machine': startMailMachine,
  oidc: startOidc,
  revocation: startRevocation,
  softhsm: makeToken,
  squid: startSquid,
  stapling: startStapling,
  'ssh-socks': startSshSocks,
}

const LINES_SHOWN = 8

process.umask(0o022)
process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`

// /tmp whatever TMPDIR says: the users that Postfix runs as must be able to enter
const folder = mkdtempSync('/tmp/posthorn-')
chmodSync(folder, 0o755)
let stopping

process.once('exit', () => {
  for (const daemon of Daemon.all) daemon.kill()
  if (!process.env.KEEP) rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop())
process.stdout.on('error', () => void stop())

const questions = createInterface({ input: process.stdin })
questions.once('close', () => void stop())

try {
  const user = 'alice'
  // never a first character that a program could take for an option
  const password = `w${randomBytes(12).toString('base64url')}`
  const nobody = { uid: await idOf('-u', 'nobody'), gid: await idOf('-g', 'nobody') }
  // mail belongs to whoever runs the cases, so that they can read it
  const { SUDO_UID, SUDO_GID } = process.env
  const owner = SUDO_UID && SUDO_UID !== '0' ? { uid: Number(SUDO_UID), gid: Number(SUDO_GID) } : nobody
  const certificates = await makeCertificates(folder)
  const site = { folder, user, password, nobody, owner, certificates, started: new Map() }
  const postfix = await startPostfix({ ...site, kerberos: kerberosPaths(folder) })
  const sinks = await startSinks(site)
  site.relay = { host: '127.0.0.1', port: postfix.ports.mx }
  site.start = (name) => {
    if (!site.started.has(name)) site.started.set(name, ON_DEMAND[name](site))
    return site.started.get(name)
  }

  const ask = {
    queued: async () => (await waiting(site)) + (await postfix.queued()),
    mark: () => mark(site),
    log: async () => [...(await logs(site)), ...(await postfix.log(12))],
    start: async (name) => (await site.start(name)).facts,
  }
  questions.on('line', (line) => {
    const [number, question, ...rest] = line.split(' ')
    const id = Number(number)
    void ask[question](...rest).then(
      (value) => answer({ id, value }),
      (error) =>
        answer({ id, error: error.message, missing: error.code === 'ENOENT' || /\bENOENT\b/.test(error.message) }),
    )
  })
  const { version, ports, maildirs } = postfix
  answer({
    id: 0,
    value: {
      ...{ version, ports, maildirs, user, password, ...certificates },
      ...{ sinkPorts: sinks.ports, sinkMail: sinks.mail, folder },
    },
  })
} catch (error) {
  fail(error)
}

/** What other servers have taken and not yet handed to Postfix. To be asked before Postfix is: mail goes that way only. */
async function waiting({ started }) {
  let count = 0
  for (const promise of started.values()) {
    const server = await promise.catch(() => undefined)
    count += (await server?.queued?.()) ?? 0
  }
  return count
}

/** Where the logs end by now, so that `logs` can tell what came after. */
async function mark(site) {
  site.marks = new Map()
  for (const { log } of await running(site)) site.marks.set(log, (await readFile(log, 'utf8').catch(() => '')).length)
}

/** The last lines of every server on demand, since the mark. */
async function logs(site) {
  const lines = []
  for (const { name, log } of await running(site)) {
    const text = (await readFile(log, 'utf8').catch(() => '')).slice(site.marks?.get(log) ?? 0).trimEnd()
    if (text !== '')
      lines.push(
        ...text
          .split('\n')
          .slice(-LINES_SHOWN)
          .map((line) => `${name}: ${line}`),
      )
  }
  return lines
}

async function running({ started }) {
  const all = []
  for (const [name, promise] of started) {
    const log = (await promise.catch(() => undefined))?.facts.log
    if (log !== undefined) all.push({ name, log })
  }
  return all
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
