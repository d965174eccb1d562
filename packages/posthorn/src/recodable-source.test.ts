import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recodableSource } from './recodable-source.js'

const EIGHT_BIT = 'Subject: a\r\n\r\nGrüße und so weiter und so fort\r\n'
const QUOTED = '\r\n\r\nGr=C3=BC=C3=9Fe und so weiter und so fort\r\n'

async function sevenBit(content: unknown): Promise<string> {
  const { recode } = content as { recode?: (widest: '7bit') => { open(): AsyncIterable<Uint8Array> } }
  const chunks: Buffer[] = []
  for await (const chunk of recode!('7bit').open()) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

describe('recodableSource', () => {
  it('makes what is in memory and what is in a file fit for a server without 8BITMIME', async () => {
    const octets = Buffer.from(EIGHT_BIT)
    const open = async function* () {
      yield octets
    }
    expect(await sevenBit(recodableSource(EIGHT_BIT, undefined))).toContain(QUOTED)
    expect(await sevenBit(recodableSource(octets, undefined))).toContain(QUOTED)
    expect(await sevenBit(recodableSource({ octets, open, encoding: '8bit' }, undefined))).toContain(QUOTED)
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-recodable-'))
    try {
      const path = join(folder, 'message.eml')
      await writeFile(path, EIGHT_BIT)
      expect(await sevenBit(await recodableSource({ path }, undefined))).toContain(QUOTED)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('leaves alone what cannot or need not change, and looks into no octets before it is asked', async () => {
    const open = async function* () {
      yield Buffer.from(EIGHT_BIT)
    }
    const same = [open, open(), { open }, { open, octets: Buffer.from('a'), encoding: '7bit' }] as const
    for (const content of same) expect(recodableSource(content, undefined)).toBe(content)
    expect(recodableSource(EIGHT_BIT, 'binary')).toBe(EIGHT_BIT)
    expect(recodableSource(7 as unknown as string, undefined)).toBe(7)
    const octets = Buffer.from(EIGHT_BIT)
    expect(recodableSource(octets, undefined)).toMatchObject({ octets, sizeOctets: octets.length })
    expect(recodableSource(octets, undefined)).not.toHaveProperty('encoding')
  })
})
