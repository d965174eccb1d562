import { expect, it } from 'vitest'
import { checkCharset } from './charset-name.js'

it('takes what can be written, by any usual spelling, and refuses the rest [part of ipworks.config.Charset]', () => {
  for (const name of ['', 'UTF-8', 'utf8', 'iso-8859-1', 'ISO_8859-15', 'cp1252', 'Shift_JIS'])
    checkCharset(name, 'Charset')
  for (const name of ['klingon', 'UTF-16', ' ', 'constructor', 'x'.repeat(1000)]) {
    expect(() => checkCharset(name, 'Charset')).toThrow(
      expect.objectContaining({ code: 10022, message: expect.stringContaining('Charset') as string }) as Error,
    )
  }
})
