import { describe, expect, it } from 'vitest'
import { derOf } from './cms-element.js'

describe('derOf', () => {
  const made = (count: number) => ({ tag: 0x30, content: Array(count).fill({ tag: 5, content: new Uint8Array(0) }) })

  it('encodes an element of some thousand members', () => {
    expect(derOf(made(4096)).length).toBe(4 + 2 * 4096)
  })

  it.each([4097, 200_000])('refuses one of %d, as a SettingsError', (count) => {
    const thrown = expect.objectContaining({ name: 'SettingsError', code: 'smime.malformed' }) as Error
    expect(() => derOf(made(count))).toThrow(thrown)
    expect(() => derOf({ tag: 0x31, content: [made(count)] })).toThrow(thrown)
  })
})
