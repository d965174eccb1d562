import { describe, expect, it } from 'vitest'
import { charsetNamed } from './charset.js'

describe('charsetNamed', () => {
  it.each([
    ['iso-8859-1', 'ISO-8859-1'],
    ['ISO8859_1', 'ISO-8859-1'],
    ['latin1', 'ISO-8859-1'],
    ['Cp1252', 'windows-1252'],
    ['WINDOWS-1252', 'windows-1252'],
    ['win1251', 'windows-1251'],
    ['koi8-r', 'KOI8-R'],
    ['shift_jis', 'Shift_JIS'],
    ['sjis', 'Shift_JIS'],
    ['MS932', 'Windows-31J'],
    ['iso-2022-jp', 'ISO-2022-JP'],
    ['gb2312', 'GB2312'],
    ['cp850', 'IBM850'],
    ['ascii', 'US-ASCII'],
  ])('knows %s as %s', async (given, name) => {
    expect((await charsetNamed(given, 'charset'))?.name).toBe(name)
  })

  it.each(['utf-8', 'UTF8', 'Utf_8'])('has no table for %s', async (given) => {
    expect(await charsetNamed(given, 'charset')).toBeUndefined()
  })

  // iconv-lite knows hex and base64 as well: they are no charsets, and the wide ones are none for mail.
  it.each([
    '',
    'x-unknown',
    'hex',
    'base64',
    'binary',
    'utf-16',
    'utf-7',
    'utf-32le',
    '__proto__',
    'constructor',
    'iso-8859-1\r\n',
    1,
    null,
  ])('refuses %j', async (given) => {
    const known = given === 'iso-8859-1\r\n'
    const found = charsetNamed(given as string, 'charset')
    if (known) expect((await found)?.name).toBe('ISO-8859-1')
    else {
      await expect(found).rejects.toEqual(
        expect.objectContaining({ name: 'SettingsError', code: 'compose.charset', field: 'charset' }),
      )
    }
  })

  it('tells what a charset lacks', async () => {
    const latin1 = await charsetNamed('ISO-8859-1', 'charset')
    expect(latin1?.encode('größer')).toEqual(Buffer.from('größer', 'latin1'))
    expect(latin1?.encode('€')).toBeUndefined()
    expect(latin1?.encode('?')).toEqual(Buffer.from('?'))
    const japanese = await charsetNamed('ISO-2022-JP', 'charset')
    expect(japanese?.encode('a日本\r\nb')?.toString('latin1')).toBe('a\x1b$BF|K\\\x1b(B\r\nb')
    expect(japanese?.encode('漢')?.toString('latin1')).toBe('\x1b$B4A\x1b(B')
    for (const lacking of ['ｶ', '①', '😀', 'é', '\x1b$B', '丂']) expect(japanese?.encode(lacking)).toBeUndefined()
    expect(japanese?.encode('')).toEqual(Buffer.alloc(0))
  })

  it('does not write the replacement character as an octet that stands for nothing', async () => {
    for (const name of ['US-ASCII', 'ISO-8859-7', 'windows-1251', 'windows-1252', 'windows-1255', 'TIS-620', 'EUC-JP'])
      expect((await charsetNamed(name, 'charset'))?.encode('a\ufffd'), name).toBeUndefined()
    const chinese = await charsetNamed('GB18030', 'charset')
    expect(chinese?.encode('\ufffd')?.toString('hex')).toBe('8431a437')
  })

  it('agrees with what readers know about ISO-2022-JP', async () => {
    const japanese = await charsetNamed('ISO-2022-JP', 'charset')
    const decoder = new TextDecoder('iso-2022-jp', { fatal: true })
    let known = 0
    for (let code = 0x80; code < 0x10000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue
      const octets = japanese?.encode(String.fromCharCode(code))
      if (!octets) continue
      known++
      expect(decoder.decode(octets)).toBe(String.fromCharCode(code))
    }
    expect(known).toBeGreaterThan(6800) // JIS X 0208 has 6,879 characters
  })
})
