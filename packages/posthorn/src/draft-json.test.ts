import { describe, expect, it } from 'vitest'
import { draftFromJson } from './draft-json.js'

const read = (draft: unknown) => draftFromJson(JSON.stringify(draft), '/folder')

describe('a draft from JSON', () => {
  it('is the same plain data', () => {
    const draft = { from: 'a@example.com', to: ['b@example.org', { name: 'C', address: 'c@example.org' }], text: 'x' }
    expect(read(draft)).toEqual(draft)
  })

  it('has a date where ISO 8601 stands, and leaves any other text as it is', () => {
    expect(read({ date: '2026-11-21T12:00:00Z' }).date).toEqual(new Date('2026-11-21T12:00:00Z'))
    expect(read({ date: '2026-11-21T12:00:00.5+01:00' }).date).toEqual(new Date('2026-11-21T11:00:00.500Z'))
    for (const date of ['*', '', 'Sat, 21 Nov 2026 12:00:00 +0000', '2026-11-21'])
      expect(read({ date }).date).toBe(date)
  })

  it('finds relative files from the folder of the draft, and others where they are', () => {
    const attachments = [{ path: 'a.pdf' }, { path: '/b.pdf' }, { path: 'file:///c.pdf' }, { content: 'x' }, null]
    expect(read({ attachments }).attachments).toEqual([
      { path: '/folder/a.pdf' },
      { path: '/b.pdf' },
      { path: 'file:///c.pdf' },
      { content: 'x' },
      null,
    ])
  })

  it.each(['', '{', '[]', 'null', '"text"', '1'])('refuses %j', (text) => {
    expect(() => draftFromJson(text, '/')).toThrow(expect.objectContaining({ code: 'draft.json', field: 'draft' }))
  })
})
