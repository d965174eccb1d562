import { startChild } from '../child.mjs'
import { throughputRows } from '../clients/rows.mjs'
import { sizes } from '../messages.mjs'
import { median } from '../report/statistics.mjs'
import { figure, table, time } from '../report/table.mjs'
import { startCSink, startNodeSink, startSmtpSink } from '../sinks/start.mjs'
import { expectTaken } from './ledger.mjs'

/** Sends handed over and not yet answered, for each connection: enough for a window of 16, as an application with a queue has them. */
const OUTSTANDING = 64

/** Of the first batch of a warm-up, roughly. The batches then double. */
const WARM_UP_OCTETS = 8 * 1_048_576

/**
 * A. Messages a second and the CPU of the client for each, for every size, number of connections, sink and row. All clients of one
 * cell are alive at once, and each round lets each of them send in turn, so that what disturbs the machine disturbs all.
 */
export async function throughput(plan) {
  const figures = []
  for (const { sink: start, name, security, offers } of sinksOf(plan)) {
    for (const connections of plan.connections) {
      const column = []
      for (const size of plan.sizes) {
        const sink = await start()
        try {
          const cell = { sink: name, security, connections, size }
          column.push(...(await measure(plan, sink, cell, offers)))
          plan.progress(`A ${name}, ${security}, ${connections} x, ${size}`)
        } finally {
          await sink.stop()
        }
      }
      figures.push(...column)
      plan.print(`\n${title(name, security, connections)}\n${tableOf(plan, column)}`)
    }
  }
  return figures
}

function sinksOf({ sinkProgram, certificate, smtpSink, folder }) {
  const own = sinkProgram
    ? { name: 'sink in C', sink: () => startCSink(sinkProgram) }
    : { name: 'sink in Node', sink: () => startNodeSink({}) }
  return [
    { ...own, security: 'none', offers: ['CHUNKING'] },
    {
      name: 'sink in Node',
      sink: () => startNodeSink({ security: 'implicit', certificate }),
      security: 'implicit',
      offers: ['CHUNKING'],
    },
    ...(smtpSink
      ? [{ name: `smtp-sink of Postfix ${smtpSink}`, sink: () => startSmtpSink(folder), security: 'none', offers: [] }]
      : []),
  ]
}

async function measure(plan, sink, cell, offers) {
  const rows = throughputRows.filter(({ needs }) => needs === undefined || offers.includes(needs))
  const sizeOctets = sizes[cell.size]
  const running = []
  const figures = []
  for (const row of rows) {
    if (plan.missing[row.module]) continue
    const child = startChild({ pinned: true })
    running.push({ row, child, runs: [] })
  }
  try {
    for (const each of running) {
      const { row, child } = each
      await child.ask('load', { name: row.module })
      const settings = {
        port: sink.port,
        security: cell.security,
        ca: plan.certificate.cert,
        connections: cell.connections,
        outstanding: OUTSTANDING * cell.connections,
        ...row.settings,
      }
      await child.ask('open', { settings, sizeOctets })
      const warm = await child.ask('warmUp', {
        forMs: sizeOctets < sizes['1m'] ? plan.warmUpMs : plan.warmUpMs / 3,
        atLeast: Math.max(cell.connections, Math.min(settings.outstanding, Math.floor(WARM_UP_OCTETS / sizeOctets))),
      })
      await expectTaken(sink, { messages: warm.messages, octets: warm.messages * sizeOctets }, row.name)
      each.count = Math.max(3, cell.connections, Math.round((warm.perSecond * plan.runMs) / 1000))
    }
    for (let round = 0; round < plan.rounds; round++) {
      for (let turn = 0; turn < running.length; turn++) {
        const { row, child, runs, count } = running[(turn + round) % running.length]
        const run = await child.ask('run', { count })
        const took = await expectTaken(sink, { messages: count, octets: count * sizeOctets }, row.name)
        runs.push({ ...run, sinkCpuUs: took.cpuUs })
      }
    }
    for (const { row, child, runs, count } of running) {
      await child.ask('close')
      figures.push({
        ...cell,
        client: row.key,
        name: row.name,
        count,
        perSecond: median(runs.map((run) => (run.count * 1000) / run.elapsedMs)),
        cpuUs: median(runs.map((run) => run.cpuUs / run.count)),
        runs,
      })
    }
  } finally {
    for (const { child } of running) child.stop()
  }
  return figures
}

const title = (sink, security, connections) =>
  `A. ${sink}, ${security === 'implicit' ? 'implicit TLS' : 'plain'}, ${connections} connection${connections > 1 ? 's' : ''}`

function tableOf(plan, figures) {
  const head = [
    'client',
    ...plan.sizes.flatMap((size) => [`${label(size)}: ${isLarge(size) ? 'MB/s' : 'msg/s'}`, 'CPU/msg']),
  ]
  const keys = new Set(figures.map(({ client }) => client))
  const rows = throughputRows
    .filter(({ key }) => keys.has(key))
    .map(({ key, name }) => [
      name,
      ...plan.sizes.flatMap((size) => {
        const found = figures.find((each) => each.client === key && each.size === size)
        const rate = isLarge(size) ? (found.perSecond * sizes[size]) / sizes['1m'] : found.perSecond
        return [figure(rate), time(found.cpuUs)]
      }),
    ])
  return table(head, rows)
}

const isLarge = (size) => sizes[size] >= sizes['1m']
const label = (size) => size.replace('k', ' KB').replace('m', ' MB')
