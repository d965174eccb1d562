import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { inChunks, inMemory } from '../../test/signed.js'
import { DIGESTS } from './digest-algorithm.js'
import { Hasher } from './hash-content.js'
import { readEntity } from './mime-entity.js'
import { readSignedMultipart } from './signed-multipart.js'

const HEAD = 'Content-Type: multipart/signed; boundary="b b"\r\n\r\n'

async function read(body: string, size?: number) {
  const octets = Buffer.from(HEAD + body)
  const entity = await readEntity(size === undefined ? inMemory(octets) : inChunks(octets, size))
  const hasher = new Hasher(DIGESTS.sha256)
  const { from, to, signature } = await readSignedMultipart(entity, 'b b', [hasher])
  const part = octets.subarray(from, to)
  expect(hasher.digest()).toEqual(createHash('sha256').update(part).digest())
  expect(hasher.sizeOctets).toBe(part.length)
  return [part.toString(), signature.toString()]
}

describe('readSignedMultipart', () => {
  it.each([
    ['the plain form', '--b b\r\none\r\n--b b\r\ntwo\r\n--b b--\r\n', 'one'],
    ['text before and behind', 'before\r\n--b b\r\none\r\n--b b\r\ntwo\r\n--b b--\r\nbehind\r\n--b b\r\nmore', 'one'],
    ['white space behind delimiters', '--b b \t\r\none\r\n--b b \r\ntwo\r\n--b b-- \t \r\n', 'one'],
    ['no line end at the end', '--b b\r\none\r\n--b b\r\ntwo\r\n--b b--', 'one'],
    [
      'a line end before the delimiter that belongs to the part',
      '--b b\r\none\r\n\r\n--b b\r\ntwo\r\n--b b--',
      'one\r\n',
    ],
    [
      'lines that only look like delimiters',
      '--b b\r\n--b bb\r\n--b b-\r\n --b b\r\n\r\n--b\r\n--b b\r\ntwo\r\n--b b--',
      '--b bb\r\n--b b-\r\n --b b\r\n\r\n--b',
    ],
    ['a delimiter after LF alone, which is none', '--b b\r\none\n--b b\r\n--b b\r\ntwo\r\n--b b--', 'one\n--b b'],
    ['an empty part', '--b b\r\n\r\n--b b\r\ntwo\r\n--b b--', ''],
    ['as much white space as a line may have', `--b b${' '.repeat(1000)}\r\none\r\n--b b\r\ntwo\r\n--b b--`, 'one'],
    [
      'a line with white space and then text',
      `--b b\r\n--b b${' '.repeat(999)}x\r\n--b b${' '.repeat(1000)}x\r\n--b b \r\r\n--b b\r\ntwo\r\n--b b--`,
      `--b b${' '.repeat(999)}x\r\n--b b${' '.repeat(1000)}x\r\n--b b \r`,
    ],
    [
      'a long line that begins as a delimiter',
      `--b b\r\n--b b${' '.repeat(3000)}x\r\n--b b\r\ntwo\r\n--b b--`,
      `--b b${' '.repeat(3000)}x`,
    ],
  ])('reads %s, in chunks of any size', async (_, body, first) => {
    for (const size of [undefined, 1, 2, 3, 7, 1000]) expect(await read(body, size)).toEqual([first, 'two'])
  })

  it.each([
    ['nothing', ''],
    ['one part', '--b b\r\none\r\n--b b--\r\n'],
    ['three parts', '--b b\r\none\r\n--b b\r\ntwo\r\n--b b\r\nthree\r\n--b b--\r\n'],
    ['no end', '--b b\r\none\r\n--b b\r\ntwo\r\n'],
    ['another boundary', '--c\r\none\r\n--c\r\ntwo\r\n--c--\r\n'],
    ['a delimiter with too much white space', `--b b${' '.repeat(1001)}\r\none\r\n--b b\r\ntwo\r\n--b b--`],
    [
      'a delimiter with more behind its white space',
      `--b b${' '.repeat(1000)}no\r\n\r\n--b b\r\none\r\n--b b\r\ntwo\r\n--b b--`,
    ],
    [
      'a preamble with what some take for a delimiter',
      '--b bb\r\n\r\nunsigned\r\n--b b\r\none\r\n--b b\r\ntwo\r\n--b b--',
    ],
    ['a preamble with a delimiter behind LF', 'x\n--b b\r\n\r\nunsigned\r\n--b b\r\none\r\n--b b\r\ntwo\r\n--b b--'],
    ['a preamble with a delimiter behind CR', 'x\r--b b\r\n\r\nunsigned\r\n--b b\r\none\r\n--b b\r\ntwo\r\n--b b--'],
    ['a preamble of false delimiters', '\r\n--b bX'.repeat(100_000)],
    ['a signature of 5 MB', `--b b\r\none\r\n--b b\r\n${'t'.repeat(5_000_000)}\r\n--b b--\r\n`],
  ])('refuses %s', async (_, body) => {
    for (const size of [undefined, 1000])
      await expect(read(body, size)).rejects.toMatchObject({ code: 'smime.malformed' })
  })
  it('gives what only looks like delimiters in large pieces', async () => {
    const part = '\r\n--b bX'.repeat(50_000)
    const octets = Buffer.from(`${HEAD}--b b\r\n${part}\r\n--b b\r\ntwo\r\n--b b--`)
    let pieces = 0
    const count = { update: () => Promise.resolve(void pieces++) }
    await readSignedMultipart(await readEntity(inMemory(octets)), 'b b', [count])
    expect(pieces).toBeLessThan(10)
  })
})
