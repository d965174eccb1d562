import { readFileSync } from 'node:fs'
import type { ContentSource } from '@posthorn/smtp'
import { describe, expect, it } from 'vitest'
import { letter } from '../../test/spool/letter.js'
import { spoolWorld } from '../../test/spool/spool-world.js'
import { spoolText } from './index.js'

/** Its iterator throws at once, in place of rejecting. */
function brokenSource(): AsyncIterable<Uint8Array> {
  const fail = () => {
    throw Object.assign(new Error('ENOENT: the report'), { code: 'ENOENT' })
  }
  return { [Symbol.asyncIterator]: () => ({ next: fail, return: fail }) }
}

/** What a caller without types may write. */
function missingReport(): AsyncIterable<Uint8Array> {
  return readFileSync('/there/is/no/report.pdf') as unknown as AsyncIterable<Uint8Array>
}

describe('a source that throws at once', () => {
  it.each<[string, ContentSource]>([
    ['a function that throws', missingReport],
    ['a content that cannot be opened', { open: missingReport }],
    ['a function that gives no source', (() => ({})) as unknown as ContentSource],
    ['a source that can neither be read nor ended', brokenSource],
  ])('is to blame, and not the folder: %s', async (_, content) => {
    await using w = await spoolWorld()
    const blamed = { code: 'content.source-failed', outcome: 'permanent', field: 'content' }
    await expect(w.spool.queue({ ...letter(), content })).rejects.toMatchObject(blamed)
    await expect(spoolText({ ...letter(), content })).rejects.toMatchObject(blamed)
    expect(await w.files()).toEqual([])
  })

  it('ends with the signal all the same when that came first', async () => {
    await using w = await spoolWorld()
    const stop = new AbortController()
    const content = () => {
      stop.abort(new Error('enough'))
      return missingReport()
    }
    await expect(w.spool.queue({ ...letter(), content }, { signal: stop.signal })).rejects.toThrow('enough')
    expect(await w.files()).toEqual([])
  })
})
