import { describe, expect, it } from 'vitest'
import { HandedOver } from './handed-over.js'

describe('HandedOver', () => {
  it('allows a millisecond for each octet beyond a step that is not answered, up to the end of the content', () => {
    const content = new HandedOver()
    content.add(16 * 1024)
    content.expect('final')
    expect(content.extraMs('final')).toBe(0)
    content.add(3_000_000)
    content.expect('final')
    expect(content.extraMs('final')).toBe(0) // what stands behind it is not what it waits for
    content.answered('final')
    expect(content.extraMs('final')).toBe(3_000_000 - 16 * 1024)
    content.answered('rset')
    expect([content.extraMs('rset'), content.extraMs('final')]).toEqual([0, 3_000_000 - 16 * 1024])
    content.answered('final')
    expect(content.extraMs('final')).toBe(0)
  })

  it('forgets all when an answer comes that it was not told to expect', () => {
    const content = new HandedOver()
    content.add(100_000)
    content.answered('final')
    expect(content.extraMs('content')).toBe(0)
  })
})
