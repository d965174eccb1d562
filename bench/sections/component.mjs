import { startChild } from '../child.mjs'
import { sizes } from '../messages.mjs'
import { median } from '../report/statistics.mjs'
import { figure, table, time } from '../report/table.mjs'
import { startCSink, startNodeSink } from '../sinks/start.mjs'
import { expectTaken } from './ledger.mjs'

const rows = [
  { key: 'octets', name: 'engine, ready octets' },
  { key: 'octets-settings', name: 'engine, as the class sets it' },
  { key: 'component-octets', name: 'component, the same octets' },
  { key: 'draft', name: 'engine, composed draft' },
  { key: 'component', name: 'component, its properties' },
]

/** A process may be a tenth slower than another that does the same, for as long as it lives: no row hangs on one. */
const PROCESSES = 5

/**
 * F. What the component costs above the engine: 1 KB, one message after the other on one connection, RSET in front of each, as its document
 * has it. The rows take turns.
 */
export async function component(plan) {
  const sink = await (plan.sinkProgram ? startCSink(plan.sinkProgram) : startNodeSink({}))
  const runs = new Map(rows.map(({ key }) => [key, []]))
  try {
    for (let set = 0; set < PROCESSES; set++) await oneSet(plan, sink, runs)
  } finally {
    await sink.stop()
  }
  const figures = rows.map((row) => ({
    ...row,
    cpuUs: median(runs.get(row.key).map((run) => run.cpuUs / run.count)),
    perSecond: median(runs.get(row.key).map((run) => (run.count * 1000) / run.elapsedMs)),
    runs: runs.get(row.key),
  }))
  const lines = figures.map(({ name, cpuUs, perSecond }) => [name, time(cpuUs), figure(perSecond)])
  plan.print(`\nF. The component, 1 KB, one after the other\n${table(['row', 'CPU/msg', 'msg/s'], lines)}`)
  return figures
}

/** A process for every row, and their runs in turn. */
async function oneSet(plan, sink, runs) {
  const running = []
  try {
    for (const row of rows) {
      const child = startChild({ pinned: true })
      running.push({ row, child })
      await child.ask('load', { name: 'component' })
      await child.ask('open', { settings: { port: sink.port, by: row.key }, sizeOctets: sizes['1k'] })
      const warm = await child.ask('warmUp', { forMs: plan.warmUpMs, atLeast: 100 })
      await expectTaken(sink, { messages: warm.messages }, row.name)
      running.at(-1).count = Math.round((warm.perSecond * plan.runMs) / 2000)
    }
    for (let round = 0; round < plan.rounds; round++) {
      for (let turn = 0; turn < running.length; turn++) {
        const { row, child, count } = running[(turn + round) % running.length]
        runs.get(row.key).push(await child.ask('run', { count }))
        await expectTaken(sink, { messages: count }, row.name)
      }
    }
    for (const { child } of running) await child.ask('close')
  } finally {
    for (const { child } of running) child.stop()
  }
}
