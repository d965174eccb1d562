// A million drafts, lists of addresses and ready messages by chance, and how the time grows with the input. No server is asked.
import { equal, ok } from 'node:assert/strict'
import { fuzz, reportOf, timeRatios } from '../../scripts/fuzz.mjs'

const CASES = 1_000_000
/** Any will do; a failure names it, so that the case can be run again with `node scripts/fuzz.mjs --seed`. */
const SEED = 20261121

export const cases = [
  {
    title: 'a million cases by chance, refused for the field that is wrong or read back as they were',
    limitMs: 1_800_000,
    async run() {
      const result = await fuzz({ cases: CASES, seed: SEED })
      const report = reportOf(result).join('\n')
      console.log(report.replaceAll(/^/gm, '        '))
      equal(result.cases, CASES)
      ok(result.failed === 0, report)
    },
  },
  {
    title: 'input that doubles to 1 MB takes at most 2.5 times as long',
    limitMs: 1_800_000,
    async run() {
      const lines = []
      const slow = await timeRatios({ say: (line) => lines.push(line) })
      console.log(`        ${lines.at(-1)}`)
      ok(slow.length === 0, slow.join('\n'))
    },
  },
]
