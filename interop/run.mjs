// The interop run: the built packages against real servers on loopback. `node interop/run.mjs [WORD]` runs the cases with WORD in their name.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { cases as clientCertificates } from './cases/client-certificates.mjs'
import { cases as component } from './cases/component.mjs'
import { cases as content } from './cases/content.mjs'
import { cases as corpus } from './cases/corpus.mjs'
import { cases as dkim } from './cases/dkim.mjs'
import { cases as faults } from './cases/faults.mjs'
import { cases as fuzz } from './cases/fuzz.mjs'
import { cases as kerberos } from './cases/kerberos.mjs'
import { cases as limits } from './cases/limits.mjs'
import { cases as loginDovecot } from './cases/login-dovecot.mjs'
import { cases as loginExim } from './cases/login-exim.mjs'
import { cases as loginPostfix } from './cases/login-postfix.mjs'
import { cases as notifications } from './cases/notifications.mjs'
import { cases as oauth2 } from './cases/oauth2.mjs'
import { cases as pipelining } from './cases/pipelining.mjs'
import { cases as pkcs11 } from './cases/pkcs11.mjs'
import { cases as proxies } from './cases/proxies.mjs'
import { cases as recipients } from './cases/recipients.mjs'
import { cases as revocation } from './cases/revocation.mjs'
import { cases as runtimes } from './cases/runtimes.mjs'
import { cases as security } from './cases/security.mjs'
import { cases as sendmail } from './cases/sendmail.mjs'
import { cases as sendmailMachine } from './cases/sendmail-machine.mjs'
import { cases as smimeEncrypt } from './cases/smime-encrypt.mjs'
import { cases as smimeSign } from './cases/smime-sign.mjs'
import { cases as spool } from './cases/spool.mjs'
import { Lab, Skipped } from './lab.mjs'

/** For a case that does not say its own. */
const CASE_LIMIT_MS = 90_000
/** Closing the clients of a case that is over. */
const TIDY_LIMIT_MS = 5_000
/** How `install` says that something is missing and cannot be installed here. */
const CANNOT_INSTALL = 3

const word = process.argv[2] ?? ''
const all = {
  security,
  'login-postfix': loginPostfix,
  'login-dovecot': loginDovecot,
  'login-exim': loginExim,
  kerberos,
  'client-certificates': clientCertificates,
  proxies,
  revocation,
  oauth2,
  content,
  recipients,
  notifications,
  limits,
  pipelining,
  faults,
  corpus,
  fuzz,
  dkim,
  'smime-encrypt': smimeEncrypt,
  'smime-sign': smimeSign,
  pkcs11,
  sendmail,
  'sendmail-machine': sendmailMachine,
  spool,
  component,
  runtimes,
}
const chosen = Object.entries(all)
  .flatMap(([subject, cases]) =>
    cases.map(({ title, run, limitMs = CASE_LIMIT_MS }) => ({ name: `${subject}: ${title}`, run, limitMs })),
  )
  .filter(({ name }) => name.includes(word))

let passed = 0
let failed = 0
const skipped = []

if (chosen.length === 0) throw new Error(`no case has "${word}" in its name`)
const reason = install()
if (reason !== undefined) skipped.push(`SKIPPED: all ${chosen.length} cases: ${reason}`)
else await runAll()
for (const line of skipped) console.log(line)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

/** Why the servers cannot be had here; undefined when they can. */
function install() {
  if (process.platform !== 'linux') return `the servers are Debian packages, and this is ${process.platform}`
  const script = fileURLToPath(new URL('install', import.meta.url))
  const { status, stderr } = spawnSync('bash', [script], { encoding: 'utf8', stdio: ['ignore', 'inherit', 'pipe'] })
  if (status === CANNOT_INSTALL) return stderr.trim().split('\n').at(-1)
  if (status !== 0) {
    process.stderr.write(stderr)
    console.log('FAILED  interop/install')
    failed++
    return 'the servers could not be installed'
  }
  return undefined
}

async function runAll() {
  const lab = await Lab.start()
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      interrupted = true
      void lab.stop().finally(() => process.exit(130))
    })
  }
  console.log(`Postfix ${lab.servers.version}, Node ${process.versions.node}, ${chosen.length} cases`)
  try {
    for (const one of chosen) {
      if (interrupted) return
      await runOne(lab, one)
    }
  } finally {
    await lab.stop()
  }
}

async function runOne(lab, { name, run, limitMs }) {
  const startedAt = performance.now()
  try {
    await within(limitMs, () => whole(lab, run))
    passed++
    console.log(`ok      ${name} (${Math.round(performance.now() - startedAt)} ms)`)
  } catch (error) {
    if (error instanceof Skipped) {
      skipped.push(`SKIPPED: ${name}: ${error.message}`)
      console.log(`skipped ${name}`)
      return
    }
    failed++
    console.log(`FAILED  ${name}`)
    console.log(indented(error instanceof Error ? (error.stack ?? error.message) : String(error)))
    console.log(indented((await lab.log().catch(() => [])).join('\n')))
    await within(TIDY_LIMIT_MS, () => lab.tidy()).catch(() => {})
  }
}

/** The case, and then: its clients can be closed, and leave nothing behind. */
async function whole(lab, run) {
  await lab.mark()
  const before = open().length
  await run(lab)
  await within(TIDY_LIMIT_MS, () => lab.tidy())
  for (let tries = 0; open().length > before; tries++) {
    if (tries === 50) throw new Error(`closed clients keep the process alive by: ${open().join(', ')}`)
    await pause(20, undefined, { ref: false })
  }
}

async function within(limitMs, task) {
  let timer
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([task(), tooLong])
  } finally {
    clearTimeout(timer)
  }
}

/** What keeps this process alive. */
function open() {
  return process.getActiveResourcesInfo().filter((kind) => ['Timeout', 'TCPSocketWrap', 'TLSWrap'].includes(kind))
}

function indented(text) {
  return text.replaceAll(/^/gm, '        ')
}
