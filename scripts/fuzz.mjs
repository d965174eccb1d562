// The composer against drafts, addresses and ready messages by chance, and the time it takes for input that doubles; on what is built.
//   node scripts/fuzz.mjs [--cases 1000000] [--seed 1] [--workers 2] [--only cases|time] [WORD of a measurement]
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import * as mime from '@posthorn/mime'
import { LIMIT, linearCases, measured } from '../packages/mime/test/fuzz-linear.mjs'
import { runCases } from '../packages/mime/test/fuzz-run.mjs'
import { isMain } from './repository.mjs'

/** What a worker is given at a time: not so much that the last one is waited for. */
const SLICE = 5000
const SHOWN = 10

/** @typedef {import('../packages/mime/test/fuzz-run.mjs').RunResult} RunResult */

if (!isMainThread) serve()
else if (isMain(import.meta.url)) process.exitCode = await main()

async function main() {
  const { values, positionals } = parseArgs({
    options: {
      cases: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(availableParallelism()) },
      only: { type: 'string' },
    },
    allowPositionals: true,
  })
  let ok = true
  if (values.only !== 'time') {
    const result = await fuzz({
      cases: Number(values.cases),
      seed: Number(values.seed),
      workers: Number(values.workers),
    })
    for (const line of reportOf(result)) console.log(line)
    ok = result.failed === 0
  }
  if (values.only !== 'cases') {
    const slow = await timeRatios({ word: positionals[0] ?? '', say: (line) => console.log(line) })
    ok &&= slow.length === 0
  }
  return ok ? 0 : 1
}

/**
 * Runs the cases of a seed in worker threads.
 * @param {{ readonly cases: number, readonly seed: number, readonly workers?: number }} options
 * @returns {Promise<RunResult & { readonly seconds: number }>}
 */
export async function fuzz({ cases, seed, workers = availableParallelism() }) {
  const startedAt = performance.now()
  /** @type {RunResult[]} */
  const results = []
  let next = 0
  const take = () => {
    const from = next
    next = Math.min(next + SLICE, cases)
    return from < next ? { seed, from, to: next } : undefined
  }
  await Promise.all(Array.from({ length: Math.max(1, workers) }, () => work(take, (result) => results.push(result))))
  return { ...added(results), seconds: (performance.now() - startedAt) / 1000 }
}

/**
 * One worker, until there is nothing left to take.
 * @param {() => object | undefined} take
 * @param {(result: RunResult) => void} give
 * @returns {Promise<void>}
 */
function work(take, give) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url))
    const send = () => {
      const slice = take()
      if (slice) worker.postMessage(slice)
      else void worker.terminate().then(() => resolve(), reject)
    }
    worker.on('message', (result) => {
      give(result)
      send()
    })
    worker.on('error', reject)
    send()
  })
}

function serve() {
  Error.stackTraceLimit = 4 // many of the cases are refused
  parentPort?.on('message', (slice) => {
    void runCases(mime, slice).then((result) => parentPort?.postMessage(result))
  })
}

/**
 * @param {readonly RunResult[]} results
 * @returns {RunResult}
 */
function added(results) {
  /** @type {Record<string, number>} */
  const counts = {}
  for (const result of results) {
    for (const [what, count] of Object.entries(result.counts)) counts[what] = (counts[what] ?? 0) + count
  }
  return {
    cases: results.reduce((sum, { cases }) => sum + cases, 0),
    counts,
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
    failures: results.flatMap(({ failures }) => failures),
  }
}

/**
 * What was done, so that nobody can think that it was nothing.
 * @param {RunResult & { readonly seconds: number }} result
 */
export function reportOf({ cases, counts, failed, failures, seconds }) {
  const group = (/** @type {string} */ prefix) =>
    Object.entries(counts)
      .filter(([what]) => what.startsWith(prefix))
      .sort(([, a], [, b]) => b - a)
      .map(([what, count]) => `${what.slice(prefix.length)} ${count}`)
  const kinds = Object.entries(counts).filter(([what]) => !/^(?:refused|compared|sample): /.test(what))
  return [
    ...failures.slice(0, SHOWN),
    ...kinds.sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${what}: ${count}`),
    `fields and parts compared: ${group('compared: ').join(', ')}`,
    `drafts refused, by the field named: ${group('refused: ').join(', ')}`,
    `of the composed drafts: ${group('sample: ').join(', ')}`,
    `${cases} cases in ${seconds.toFixed(0)} s, ${failed} with a difference`,
  ]
}

/**
 * Measures, one after the other, how the processor time grows when the input doubles to 1 MB.
 * @param {{ readonly word?: string, readonly say: (line: string) => void }} options
 * @returns {Promise<string[]>} those above the limit
 */
export async function timeRatios({ word = '', say }) {
  const chosen = linearCases(mime).filter(({ name }) => name.includes(word))
  /** @type {string[]} */
  const slow = []
  let worst = 0
  for (const one of chosen) {
    const { name, halfMs, wholeMs, ratio } = await measured(one)
    const line = `${name}: ${halfMs.toFixed(2)} ms, ${wholeMs.toFixed(2)} ms, ratio ${ratio.toFixed(2)}`
    worst = Math.max(worst, ratio)
    if (ratio > LIMIT) slow.push(line)
    say(ratio > LIMIT ? `ABOVE ${LIMIT}  ${line}` : line)
  }
  say(
    `${chosen.length} inputs of 0.5 and 1 MB, the largest ratio is ${worst.toFixed(2)}, ${slow.length} above ${LIMIT}`,
  )
  return slow
}
