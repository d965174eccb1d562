// Drafts, lists of addresses and ready messages by chance. No server is asked. A million of them, and how the time grows with the input:
// `npm run fuzz`.
import { equal, ok } from 'node:assert/strict'
import { fuzz, reportOf } from '../../scripts/fuzz.mjs'

const CASES = 100_000
/** Any will do; a failure names it, so that the case can be run again with `npm run fuzz -- --seed`. */
const SEED = 20261121

export const cases = [
  {
    title: '100,000 cases by chance, refused for the field that is wrong or read back as they were',
    limitMs: 900_000,
    async run() {
      const result = await fuzz({ cases: CASES, seed: SEED })
      const report = reportOf(result).join('\n')
      console.log(report.replaceAll(/^/gm, '        '))
      equal(result.cases, CASES)
      ok(result.failed === 0, report)
    },
  },
]
