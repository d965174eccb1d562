import { describe, expect, it } from 'vitest'
import { recipientOptions } from './recipient-options.js'

describe('recipientOptions', () => {
  it('corrects NOTIFY, and passes the rest through [part of ipworks.type.MessageRecipient.Options]', () => {
    expect(recipientOptions('', 'a@b')).toEqual([])
    expect(recipientOptions(' notify  SUCCESS,DELAY ORCPT=rfc822;a@b XTRA', 'a@b')).toEqual([
      { keyword: 'DSN', text: 'NOTIFY=SUCCESS,DELAY', prefer: true },
      { keyword: 'DSN', text: 'ORCPT=rfc822;a@b', prefer: true },
      { keyword: '', text: 'XTRA' },
    ])
    expect(recipientOptions('NOTIFY=NEVER', 'a@b')).toEqual([{ keyword: 'DSN', text: 'NOTIFY=NEVER', prefer: true }])
  })

  it.each(['NOTIFY=NEVER\r\nDATA', 'A=\0', 'A=ü', '=x', 'A==x', '>', 'A=b\tC'])('refuses %j', (options) => {
    expect(() => recipientOptions(options, 'a@b')).toThrow(expect.objectContaining({ code: 10022 }) as Error)
  })
})
