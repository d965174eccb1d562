import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DIAGNOSES } from './diagnoses.js'

it('has every misconfiguration in the manual, word for word', () => {
  const page = readFileSync(new URL('../../../../docs/diagnose.md', import.meta.url), 'utf8').replace(/ {2,}/g, ' ')
  const rows = page.split('\n').filter((line) => /^\| `/.test(line))
  expect(rows).toEqual(
    Object.entries(DIAGNOSES).map(([code, { cause, nextStep }]) => `| \`${code}\` | ${cause} | ${nextStep} |`),
  )
})
