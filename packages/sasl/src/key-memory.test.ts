import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { KeyMemory } from './key-memory.js'

const made = (text: string) => () => Promise.resolve([Buffer.from(text)])

describe('KeyMemory', () => {
  it('gives what was made before for the same parts, and tells parts from each other', async () => {
    const keys = new KeyMemory()
    const first = await keys.get(['a', 'bc'], made('1'))
    expect(await keys.get(['a', 'bc'], made('2'))).toBe(first)
    expect(await keys.get(['ab', 'c'], made('3'))).not.toBe(first)
  })

  it('makes once what is wanted at the same time, and does not keep a failure', async () => {
    const keys = new KeyMemory()
    let count = 0
    const fail = async () => {
      count++
      throw new Error('no')
    }
    const both = [keys.get(['a'], fail), keys.get(['a'], fail)]
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(count).toBe(1)
    expect(await keys.get(['a'], made('1'))).toEqual([Buffer.from('1')])
  })

  it('forgets the oldest of too many', async () => {
    const keys = new KeyMemory()
    const first = await keys.get(['salt 0'], made('x'))
    for (let salt = 1; salt <= 8; salt++) await keys.get([`salt ${salt}`], made('x'))
    expect(await keys.get(['salt 8'], made('y'))).toEqual([Buffer.from('x')])
    expect(await keys.get(['salt 0'], made('y'))).not.toBe(first)
  })

  it('shows nothing of what it keeps', async () => {
    const keys = new KeyMemory()
    await keys.get(['pencil'], made('the key'))
    for (const shown of [inspect(keys, { showHidden: true, depth: 9 }), JSON.stringify({ keys }), `${keys}`]) {
      expect(shown).toContain('[secret]')
      expect(shown).not.toContain('pencil')
    }
  })
})
