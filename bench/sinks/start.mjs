import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { pin } from '../pin.mjs'

const here = import.meta.dirname

/** A process that answers "ledger" lines, ours in C or in Node. `port`, `ledger()` (asks and starts a new one), `stop()`. */
async function startOwn(command, args, name) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  pin(child, 'sink')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${name} ended by itself`)
    return JSON.parse(value)
  }
  const { port } = await next()
  return {
    name,
    port,
    async ledger() {
      child.stdin.write('ledger\n')
      return next()
    },
    async stop() {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

/** Where things made by a run are kept; removed by `remove()`. */
export function makeWorkFolder() {
  const path = mkdtempSync(join(tmpdir(), 'posthorn-bench-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Compiles sink.c with `cc`. Returns the path of the program, or undefined when there is no compiler. */
export function compileSink(folder) {
  const program = join(folder, 'sink')
  const done = spawnSync('cc', ['-O3', '-o', program, join(here, 'sink.c')], { encoding: 'utf8' })
  if (done.error) return undefined
  if (done.status !== 0) throw new Error(`cc could not compile sink.c:\n${done.stderr}`)
  return program
}

export const startCSink = (program) => startOwn(program, [], 'sink in C')

/** `security`: none, implicit or starttls; `auth` offers AUTH PLAIN; `digest` keeps a SHA-256 of every content in the ledger. */
export function startNodeSink({ security = 'none', certificate, auth = false, digest = false }) {
  const settings = JSON.stringify({ security, certificate, auth, digest })
  return startOwn(process.execPath, [join(here, 'node-sink.mjs'), settings], `sink in Node (${security})`)
}

/** The version of Postfix when its smtp-sink is installed, else undefined. */
export function smtpSinkVersion() {
  if (spawnSync('smtp-sink', []).error) return undefined
  const told = spawnSync('postconf', ['-h', 'mail_version'], { encoding: 'utf8' })
  return told.status === 0 ? told.stdout.trim() : 'of unknown version'
}

/**
 * Postfix's smtp-sink with the same face. Its running counters (-c) go to a file, from which the ledger takes the messages; it does
 * not say how many octets it took.
 */
export async function startSmtpSink(folder) {
  const port = await freePort()
  const log = join(folder, `smtp-sink-${port}`)
  const file = openSync(log, 'w')
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn('smtp-sink', [...user, '-c', `127.0.0.1:${port}`, '128'], { stdio: ['ignore', file, 'pipe'] })
  closeSync(file)
  pin(child, 'sink')
  let said = ''
  child.stderr.on('data', (octets) => (said += octets))
  let ended = false
  child.on('exit', () => (ended = true))
  await untilReached(port, () => {
    if (ended) throw new Error(`smtp-sink did not start: ${said.trim()}`)
  })
  let before = 0
  return {
    name: 'smtp-sink',
    port,
    async ledger(expected = 0) {
      // The counter is written behind the reply: the client may be back before it is.
      let messages = 0
      for (let attempt = 0; attempt < 50; attempt++) {
        messages = Number(/mesg=(\d+)\D*$/.exec(readFileSync(log, 'latin1').slice(-200))?.[1] ?? 0) - before
        if (messages >= expected) break
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      before += messages
      return { messages, faults: 0 }
    },
    stop: async () => {
      child.kill()
      if (!ended) await once(child, 'exit')
    },
  }
}

async function freePort() {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function untilReached(port, check) {
  for (let attempt = 0; attempt < 100; attempt++) {
    check()
    const reached = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('data', () => socket.end('QUIT\r\n'))
      socket.on('close', () => resolve(false))
    })
    if (reached) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('smtp-sink does not listen')
}
