import { describe, expect, it } from 'vitest'
import { Turns } from '../src/turns.js'

describe('Turns', () => {
  it('gives one turn at a time, in the order of the calls, the first at once; a failure ends a turn like anything else', async () => {
    const turns = new Turns()
    const story: string[] = []
    const act = (name: string, fails = false) =>
      turns.inTurn(async () => {
        story.push(`${name} begins`)
        await Promise.resolve()
        await Promise.resolve()
        story.push(`${name} ends`)
        if (fails) throw new Error(name)
        return name
      })
    const first = act('a', true)
    expect(story).toEqual(['a begins'])
    const second = act('b')
    const third = act('c')
    await expect(first).rejects.toThrow('a')
    expect(await Promise.all([second, third])).toEqual(['b', 'c'])
    expect(story).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
    const last = act('d')
    expect(story.at(-1)).toBe('d begins')
    await last
  })
})
