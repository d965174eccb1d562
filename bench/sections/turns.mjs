import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startChild } from '../child.mjs'
import { firstRows, throughputRows } from '../clients/rows.mjs'
import { sizes } from '../messages.mjs'
import { median } from '../report/statistics.mjs'
import { figure, table } from '../report/table.mjs'
import { startNodeSink } from '../sinks/start.mjs'
import { expectTaken } from './ledger.mjs'

const ROUND_TRIP_MS = 50
const SIZE = '1k'
const securities = ['none', 'implicit', 'starttls']
const kinds = securities.flatMap((security) => [false, true].map((auth) => ({ security, auth })))

/** B. How many round trips a message costs on a link of 50 ms, on a warm session and on a new connection. */
export async function turns(plan) {
  const sinks = {}
  for (const security of securities) {
    sinks[security] = await startNodeSink({ security, certificate: plan.certificate, auth: true })
  }
  const link = await startLink(securities.map((security) => sinks[security].port))
  const far = Object.fromEntries(securities.map((security, index) => [security, link.ports[index]]))
  try {
    const warm = await warmTurns(plan, sinks.none, far.none)
    plan.print(`\n${warmTable(plan, warm)}`)
    const first = await firstTurns(plan, sinks, far)
    plan.print(`\n${firstTable(first)}`)
    return { warm, first }
  } finally {
    link.stop()
    for (const sink of Object.values(sinks)) await sink.stop()
  }
}

async function startLink(ports) {
  const settings = JSON.stringify({ ports, oneWayMs: ROUND_TRIP_MS / 2 })
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'delay-proxy.mjs'), settings], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { ports: JSON.parse(line).ports, stop: () => child.stdin.end() }
}

/**
 * Each row has one process with several sessions, each on its own connection, which has carried a message already. They all run
 * side by side: nearly all of the time is waiting for the link, and one after the other would take minutes.
 */
async function warmTurns(plan, sink, port) {
  const running = throughputRows
    .filter(({ module }) => !plan.missing[module])
    .map((row) => ({ row, child: startChild(), settings: { security: 'none', connections: 1, ...row.settings } }))
  const size = sizes[SIZE]
  try {
    for (const { row, child, settings } of running) {
      // Compiled code first, over a link without delay, so that the first message over the long one costs what it will later.
      await child.ask('load', { name: row.module })
      await child.ask('open', { settings: { ...settings, port: sink.port, outstanding: 64 }, sizeOctets: size })
      await child.ask('run', { count: 500 })
      await child.ask('close')
      await expectTaken(sink, { messages: 500, octets: 500 * size }, row.name)
    }
    const count = plan.turnMessages
    const figures = await Promise.all(
      running.map(async ({ row, child, settings }) => {
        const { runs } = await child.ask('sideBySide', {
          settings: { ...settings, port, outstanding: count },
          sizeOctets: size,
          sessions: plan.rounds,
          count,
        })
        const turns = median(runs.map((run) => run.elapsedMs / (ROUND_TRIP_MS * run.count)))
        return { client: row.key, name: row.name, turns, runs }
      }),
    )
    const messages = running.length * plan.rounds * (count + 1)
    await expectTaken(sink, { messages, octets: messages * size }, 'turns on a warm session')
    plan.progress('B warm session')
    return figures
  } finally {
    for (const { child } of running) child.stop()
  }
}

async function firstTurns(plan, sinks, far) {
  const running = firstRows
    .filter(({ module }) => !plan.missing[module])
    .map((row) => ({ row, child: startChild(), runs: Object.fromEntries(kinds.map((kind) => [keyOf(kind), []])) }))
  const one = async ({ row, child }, { security, auth }, port) => {
    const settings = { port, security, auth, ca: plan.certificate.cert, ...row.settings }
    const run = await child.ask('first', { settings, sizeOctets: sizes[SIZE] })
    await expectTaken(sinks[security], { messages: 1, authenticated: auth ? 1 : 0 }, row.name)
    return run.elapsedMs
  }
  try {
    for (const each of running) {
      await each.child.ask('load', { name: each.row.module })
      for (const kind of kinds) for (let warm = 0; warm < 10; warm++) await one(each, kind, sinks[kind.security].port)
    }
    for (let round = 0; round < plan.rounds; round++) {
      for (const kind of kinds) {
        for (const each of running) each.runs[keyOf(kind)].push(await one(each, kind, far[kind.security]))
      }
      plan.progress(`B first message, round ${round + 1}`)
    }
    return running.map(({ row, runs }) => ({
      client: row.key,
      name: row.name,
      turns: Object.fromEntries(kinds.map((kind) => [keyOf(kind), median(runs[keyOf(kind)]) / ROUND_TRIP_MS])),
      runs,
    }))
  } finally {
    for (const { child } of running) child.stop()
  }
}

export const keyOf = ({ security, auth }) => `${security}${auth ? '+auth' : ''}`

function warmTable(plan, figures) {
  const rows = figures.map(({ name, turns: each }) => [name, figure(each), figure(each * ROUND_TRIP_MS)])
  const head = ['client', 'turns/msg', 'ms/msg']
  return `B. Warm session, ${ROUND_TRIP_MS} ms round trip, 1 connection, ${plan.turnMessages} messages of 1 KB\n${table(head, rows)}`
}

function firstTable(figures) {
  const names = { none: 'plain', implicit: 'implicit TLS', starttls: 'STARTTLS' }
  const head = ['client', ...kinds.map(({ security, auth }) => `${names[security]}${auth ? ' + AUTH' : ''}`)]
  const rows = figures.map((each) => [each.name, ...kinds.map((kind) => each.turns[keyOf(kind)].toFixed(2))])
  return `B. First message on a new connection, from connect to acceptance, in turns of ${ROUND_TRIP_MS} ms (1 KB)\n${table(head, rows)}`
}
