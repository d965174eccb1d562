import { closeSync, ftruncateSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { startChild } from '../child.mjs'
import { memoryRows } from '../clients/rows.mjs'
import { contentOf } from '../messages.mjs'
import { median } from '../report/statistics.mjs'
import { figure, mebibytes, table, time } from '../report/table.mjs'
import { startCSink, startNodeSink } from '../sinks/start.mjs'
import { expectTaken } from './ledger.mjs'

/**
 * C. The most memory a client's process held while it sent 1 GB from a file, above what it held with everything loaded and nothing sent.
 * The attachment is a sparse file; the message that is sent as it lies has to be a real one (lines of 78 octets), and takes its room
 * on the disk for as long as this section runs.
 */
export async function memory(plan) {
  const { bavail, bsize } = statfsSync(plan.folder)
  if (bavail * bsize < plan.fileOctets * 1.5) {
    plan.print(`\nC. Left out: less than ${mebibytes(plan.fileOctets * 1.5)} free in ${plan.folder}.`)
    return []
  }
  const files = makeFiles(plan)
  const sink = plan.sinkProgram ? await startCSink(plan.sinkProgram) : await startNodeSink({})
  const rows = memoryRows
    .filter(({ module }) => !plan.missing[module])
    .map((row) => ({ row, runs: [], failed: undefined }))
  try {
    for (let round = 0; round < plan.memoryRounds; round++) {
      for (const each of rows) await runOnce(plan, sink, files, each)
      plan.progress(`C round ${round + 1}`)
    }
  } finally {
    await sink.stop()
    rmSync(files.raw)
    rmSync(files.composed)
  }
  const figures = rows.map(({ row, runs, failed }) => ({
    client: row.key,
    name: row.name,
    failed,
    overOctets: median(runs.map((run) => run.peakOctets - run.idleOctets)),
    idleOctets: median(runs.map((run) => run.idleOctets)),
    peakOctets: median(runs.map((run) => run.peakOctets)),
    cpuUs: median(runs.map((run) => run.cpuUs)),
    perSecond: median(runs.map((run) => (plan.fileOctets * 1000) / run.elapsedMs)),
    runs,
  }))
  plan.print(`\n${tableOf(plan, figures)}`)
  return figures
}

/** Each run has a process of its own, because a peak cannot be taken back. */
async function runOnce(plan, sink, files, each) {
  const { row } = each
  if (each.failed) return
  const child = startChild()
  try {
    try {
      await child.ask('load', { name: row.module })
      const settings = { port: sink.port, security: 'none' }
      each.runs.push(await child.ask('memory', { settings, kind: row.kind, path: files[row.kind] }))
    } catch (error) {
      // A part that is not built yet is a row that says so; the sink's ledger below is never excused.
      if (!/is it built/.test(error.message)) throw error
      each.failed = 'not built'
      return
    }
    const took = await expectTaken(sink, { messages: 1 }, row.name)
    const least = row.kind === 'raw' ? plan.fileOctets : plan.fileOctets * 1.35
    if (took.octets < least || (row.kind === 'raw' && took.octets !== least)) {
      throw new Error(`${row.name}: ${took.octets} octets arrived of a file of ${plan.fileOctets}`)
    }
  } finally {
    child.stop()
  }
}

function makeFiles({ folder, fileOctets }) {
  const composed = join(folder, 'attachment.bin')
  const sparse = openSync(composed, 'w')
  ftruncateSync(sparse, fileOctets)
  closeSync(sparse)
  const raw = join(folder, 'message.eml')
  const file = openSync(raw, 'w')
  const block = contentOf(8 * 1_048_576)
  for (let written = 0; written < fileOctets;) {
    written += writeSync(file, block, 0, Math.min(block.length, fileOctets - written))
  }
  closeSync(file)
  return { raw, composed }
}

function tableOf(plan, figures) {
  const head = ['client', 'over idle', 'peak', 'idle', 'MB/s of the file', 'CPU']
  const rows = figures.map((each) =>
    each.failed
      ? [each.name, each.failed]
      : [
          each.name,
          mebibytes(each.overOctets),
          mebibytes(each.peakOctets),
          mebibytes(each.idleOctets),
          figure(each.perSecond / 1_048_576),
          time(each.cpuUs),
        ],
  )
  return `C. Peak memory of the client's process, one message of ${mebibytes(plan.fileOctets)} from a file\n${table(head, rows)}`
}
