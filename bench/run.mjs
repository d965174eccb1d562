// Every performance table of Posthorn, its peers beside it in one run. README.md says how to read them.
// The exit code is 0 unless something broke: a message that did not arrive, a sink that miscounts, a process that died.
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { planOf, usage } from './arguments.mjs'
import { selfSigned, selfSignedPerson } from './certificate.mjs'
import { startChild } from './child.mjs'
import { author, recipient } from './composing/drafts.mjs'
import { pinning } from './pin.mjs'
import { component } from './sections/component.mjs'
import { composing } from './sections/compose.mjs'
import { memory } from './sections/memory.mjs'
import { protecting } from './sections/protect.mjs'
import { summary } from './sections/summary.mjs'
import { throughput } from './sections/throughput.mjs'
import { truth } from './sections/truth.mjs'
import { turns } from './sections/turns.mjs'
import { compileSink, makeWorkFolder, smtpSinkVersion } from './sinks/start.mjs'

const sections = { throughput, turns, memory, composing, protecting, component }
/** The sections that send, for which sinks are started and checked. */
const sending = ['throughput', 'turns', 'memory', 'component']

async function main() {
  const plan = planOf(process.argv.slice(2))
  if (plan.help) {
    console.log(usage)
    return
  }
  const started = performance.now()
  const folder = makeWorkFolder()
  process.on('exit', folder.remove)
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
  Object.assign(plan, {
    folder: folder.path,
    certificate: selfSigned(),
    keys: makeKeys(),
    sinkProgram: compileSink(folder.path),
    smtpSink: smtpSinkVersion(),
    missing: await missingModules(),
    print: (text) => console.log(text),
    progress: (text) => {
      if (process.stderr.isTTY)
        process.stderr.write(`  ${((performance.now() - started) / 1000).toFixed(0)} s  ${text}\n`)
    },
  })
  const facts = describe(plan)
  console.log(facts.lines.join('\n'))
  if (plan.only.some((name) => sending.includes(name))) await truth(plan)
  const figures = {}
  for (const name of plan.only) figures[name] = await sections[name](plan)
  const ratios = summary(plan, figures)
  facts.values.loadAfter = loadavg()[0]
  console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s in all.`)
  if (plan.json)
    writeFileSync(plan.json, `${JSON.stringify({ facts: facts.values, ...figures, summary: ratios }, null, 1)}\n`)
}

/** The keys that composed messages are signed with and encrypted for, as PEM. */
function makeKeys() {
  const pem = ({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' })
  return {
    rsa: pem(generateKeyPairSync('rsa', { modulusLength: 2048 })),
    ed25519: pem(generateKeyPairSync('ed25519')),
    person: selfSignedPerson(author.address),
    other: selfSignedPerson(recipient),
  }
}

/** Which client modules cannot be loaded, and why: a table without Posthorn must say so, not look complete. */
async function missingModules() {
  const missing = {}
  for (const name of ['posthorn', 'nodemailer']) {
    const child = startChild()
    try {
      await child.ask('load', { name })
    } catch (error) {
      missing[name] = /^(?:\w*Error.*)$/m.exec(error.message)?.[0] ?? error.message
    } finally {
      child.stop()
    }
  }
  return missing
}

function describe(plan) {
  const version = (path) => createRequire(import.meta.url)(path).version
  const values = {
    date: new Date().toISOString(),
    machine: `${cpus().length} x ${cpus()[0].model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${process.platform} ${release()}`,
    load: loadavg()[0],
    node: process.version,
    openssl: process.versions.openssl,
    posthorn: version('../packages/smtp/package.json'),
    nodemailer: version('../node_modules/nodemailer/package.json'),
    sink: plan.sinkProgram
      ? 'sinks/sink.c (cc -O3) for plain, sinks/node-sink.mjs for TLS'
      : 'sinks/node-sink.mjs (no cc found)',
    smtpSink: plan.smtpSink ? `Postfix ${plan.smtpSink}` : 'not installed: its tables are left out',
    pinning,
    rounds: plan.rounds,
  }
  const busy = values.load > 0.5 ? ' (busy: wait until nothing else runs here, or expect every figure to suffer)' : ''
  const lines = [
    `Machine     ${values.machine}`,
    `Load        ${values.load.toFixed(2)} before the run${busy}`,
    `Node        ${values.node}, OpenSSL ${values.openssl}`,
    `Clients     Posthorn ${values.posthorn}, Nodemailer ${values.nodemailer}`,
    `Sink        ${values.sink}`,
    `smtp-sink   ${values.smtpSink}`,
    `Pinning     ${values.pinning}`,
    `Figures     medians of ${plan.rounds} alternating runs${plan.quick ? ' (--quick: for a look, not for a claim)' : ''}`,
    ...Object.entries(plan.missing).map(([name, why]) => `NOT MEASURED: ${name} cannot be loaded: ${why}`),
  ]
  return { lines, values }
}

try {
  await main()
} catch (error) {
  console.error(
    error instanceof TypeError && /^(--|Unknown option|Option )/.test(error.message)
      ? `${error.message}\n\n${usage}`
      : error,
  )
  process.exitCode = 1
  process.exit()
}
