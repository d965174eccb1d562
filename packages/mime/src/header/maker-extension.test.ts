import { describe, expect, it } from 'vitest'
import { charsetNamed } from './charset.js'
import { isMakerExtension } from './maker-extension.js'

/** How many characters of the first plane go in each: those of the standard, and private ones in GBK. */
const SIZES = { 'EUC-KR': 8224, GB2312: 7445, GBK: 23_827, 'EUC-JP': 6941, Shift_JIS: 6942, Big5: 13_454 }

describe('isMakerExtension', () => {
  it.each(Object.entries(SIZES))('what goes in %s is read by other programs as it was', async (name, size) => {
    const charset = await charsetNamed(name, 'charset')
    const decoder = new TextDecoder(name, { fatal: true })
    let known = 0
    for (let code = 0x80; code < 0x10000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue
      const text = String.fromCharCode(code)
      const octets = charset?.encode(text)
      if (!octets) continue
      known++
      if (decoder.decode(octets) !== text) throw new Error(`${text} reads ${decoder.decode(octets)}`)
    }
    expect(known).toBe(size)
  })

  it('lets text of one octet a character pass, and charsets without extensions', () => {
    expect(isMakerExtension(Buffer.from('ascii'), 'EUC-KR')).toBe(false)
    expect(isMakerExtension(Buffer.from([0xb1, 0xdf]), 'Shift_JIS')).toBe(false)
    expect(isMakerExtension(Buffer.from([0x87, 0x40]), 'Windows-31J')).toBe(false)
    expect(isMakerExtension(Buffer.from([0x87, 0x40]), 'Shift_JIS')).toBe(true)
    expect(isMakerExtension(Buffer.from([0xb0]), 'EUC-KR')).toBe(true)
  })

  it.each([
    ['EUC-KR', '쀧'],
    ['Big5', '嗰'],
    ['GB2312', '€'],
    ['Shift_JIS', '①'],
    ['EUC-JP', '①'],
  ])('%s has no %s', async (name, text) => {
    expect((await charsetNamed(name, 'charset'))?.encode(text)).toBeUndefined()
  })
})
