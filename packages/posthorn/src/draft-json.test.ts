import { describe, expect, it } from 'vitest'
import { draftFromJson } from './draft-json.js'

const read = (draft: unknown) => draftFromJson(JSON.stringify(draft), '/folder')

describe('a draft from JSON', () => {
  it('is the same plain data', () => {
    const draft = { from: 'a@example.com', to: ['b@example.org', { name: 'C', address: 'c@example.org' }], text: 'x' }
    expect(read(draft)).toEqual(draft)
  })

  it('finds relative files from the folder of the draft, and others where they are', () => {
    const attachments = [{ path: 'a.pdf' }, { path: '/b.pdf' }, { path: 'file:///c.pdf' }, { content: 'x' }, null]
    expect(read({ attachments }).attachments).toEqual([
      { path: '/folder/a.pdf' },
      { path: '/b.pdf' },
      { path: new URL('file:///c.pdf') },
      { content: 'x' },
      null,
    ])
  })

  it('finds the files of a draft within the draft', () => {
    const message = { from: 'a@example.com', attachments: [{ path: 'inner.pdf' }] }
    expect(read({ attachments: [{ message }] }).attachments).toEqual([
      { message: { from: 'a@example.com', attachments: [{ path: '/folder/inner.pdf' }] } },
    ])
  })

  it.each([
    [
      { envelope: { reversePath: 'a@b.c', recipients: ['x@example.org'] }, content: { path: '/etc/passwd' } },
      'envelope',
    ],
    [{ from: 'a@example.com', content: 'x' }, 'content'],
  ])('is never a message that is ready: %j', (message, field) => {
    expect(() => read(message)).toThrow(expect.objectContaining({ code: 'draft.unknown-field', field }))
  })

  it.each(['', '{', '[]', 'null', '"text"', '1'])('refuses %j', (text) => {
    expect(() => draftFromJson(text, '/')).toThrow(expect.objectContaining({ code: 'draft.json', field: 'draft' }))
  })
})
