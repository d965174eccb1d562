import { describe, expect, it } from 'vitest'
import { isComposite, mediaTypeOf } from './media-type.js'

describe('the media type of a name', () => {
  it.each([
    ['report.pdf', 'application/pdf'],
    ['REPORT.PDF', 'application/pdf'],
    ['a.tar.gz', 'application/gzip'],
    ['table.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    ['letter.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['notes.md', 'text/markdown'],
    ['day.ics', 'text/calendar'],
    ['setup.exe', 'application/octet-stream'],
    ['run.bat', 'application/octet-stream'],
    ['run.sh', 'application/octet-stream'],
    ['mail.eml', 'application/octet-stream'],
    ['page.mht', 'application/octet-stream'],
    ['unknown.xyzzy', 'application/octet-stream'],
    ['png', 'application/octet-stream'],
    ['.png', 'application/octet-stream'],
    ['', 'application/octet-stream'],
    ['x.__proto__', 'application/octet-stream'],
    ['invoice.pdf\u202egnp.exe', 'application/octet-stream'],
  ])('%j is %s', async (name, type) => {
    expect(await mediaTypeOf(name)).toBe(type)
  })

  it('knows what must not be put into base64', () => {
    expect(['message/rfc822', 'Multipart/Mixed', 'text/plain', 'application/x-message'].map(isComposite)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
