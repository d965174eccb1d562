import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ERRORS, errorText } from './errors.js'

interface ParityRow {
  readonly id: string
  readonly behaviour: string
  readonly note: string | null
}

const parity = new URL('../../../../../../parity/ipworks.json', import.meta.url)
const ROWS = (JSON.parse(readFileSync(parity, 'utf8')) as readonly ParityRow[])
  .filter(({ id }) => id.startsWith('ipworks.error.'))
  .map((row) => ({ ...row, number: Number(row.id.slice('ipworks.error.'.length)) }))

describe('the numbers of the errors', () => {
  test('are those of the document, all of them and no others', () => {
    expect(ROWS).toHaveLength(91)
    expect(Object.keys(ERRORS).map(Number)).toEqual(ROWS.map(({ number }) => number).sort((a, b) => a - b))
  })

  test.each(ROWS)('$number has its group, and is raised or only a constant', ({ number, behaviour, note }) => {
    const { group, raised, when } = ERRORS[number]!
    expect(`Group: ${group}`).toBe(/^Group: [A-Z/a-z]+/.exec(note ?? '')?.[0])
    expect(raised).toBe(!/constant only|never raised/i.test(behaviour))
    expect(when).toMatch(/\.$/)
  })

  test('have a text each, which begins as the rows ask', () => {
    const texts = Object.values(ERRORS).map(({ group, text }) => `${group} ${text}`)
    expect(new Set(texts).size).toBe(91)
    expect(errorText(10061)).toBe('[10061] Connection refused')
    expect(errorText(11004)).toBe('[11004] Name without address')
    expect(errorText(118)).toBe('118: Proxy failure')
    expect(errorText(119)).toBe('')
  })
})
