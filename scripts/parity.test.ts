import { describe, expect, it } from 'vitest'
import { counts, DOCUMENTS, PARTS, standing } from './parity.mjs'

const { rows, waiting, cited, again } = standing()

describe('the rows of each document', () => {
  it.each(counts(rows, waiting))('%s', (line) => {
    const name = line.slice(0, line.indexOf(':'))
    expect(DOCUMENTS).toContain(name)
    const own = rows.filter((id) => id.startsWith(`${name}.`))
    expect(own.filter((id) => !cited.has(id) && !PARTS.includes(waiting[id] ?? ''))).toEqual([])
  })
})

it('no row is claimed whole by two titles', () => expect(again).toEqual([]))
