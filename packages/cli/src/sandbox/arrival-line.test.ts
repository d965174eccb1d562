import { describe, expect, it } from 'vitest'
import { arrivalLine } from './arrival-line.js'
import type { Arrival } from './sandbox.js'

const ARRIVAL: Arrival = {
  number: 1,
  at: new Date(2026, 0, 2, 3, 4, 5),
  reversePath: 'a@example.test',
  recipients: ['b@example.test', 'c@example.test', 'd@example.test'],
  sizeOctets: 34_210_800,
  sha256: '',
  subject: 'A subject',
  path: '',
  secure: true,
  user: undefined,
}
const plain = (_style: string, text: string) => text
const write = () => {}

describe('arrivalLine', () => {
  it('says all of it where there is no terminal', () => {
    expect(arrivalLine(ARRIVAL, { write }, plain)).toBe(
      '03:04:05   34 MB  a@example.test > b@example.test and 2 more  A subject',
    )
    expect(arrivalLine({ ...ARRIVAL, reversePath: '', subject: '' }, { write }, plain)).toContain(
      '<> > b@example.test and 2 more  (no subject)',
    )
  })

  it('keeps within the columns of a terminal, and says how many recipients there are', () => {
    const long = { ...ARRIVAL, reversePath: `${'x'.repeat(60)}@example.test`, subject: 'word '.repeat(50) }
    for (const columns of [60, 80, 120, 300]) {
      const line = arrivalLine(long, { write, isTTY: true, columns }, plain)
      expect(line.length).toBeLessThan(columns)
      expect(line).toContain(' and 2 more  word')
    }
  })

  it('lets no control character of a stranger through', () => {
    expect(arrivalLine({ ...ARRIVAL, subject: 'a\x1b[2J' }, { write }, plain)).toMatch(/a\?\[2J$/)
  })
})
