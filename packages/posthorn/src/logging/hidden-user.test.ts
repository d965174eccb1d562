import { describe, expect, it } from 'vitest'
import { hidingUsers } from './hidden-user.js'

const hide = hidingUsers(['App.User+x@example.com', 'joe', ''])

describe('hidingUsers', () => {
  it.each([
    ['MAIL FROM:<App.User+x@example.com> SIZE=1', 'MAIL FROM:<***> SIZE=1'],
    ['535 no such user app.user+X@EXAMPLE.com.', '535 no such user ***.'],
    ['as in a URL: App.User%2Bx%40example.com', 'as in a URL: ***'],
    ['joe, Joe and joey', '***, *** and joey'],
  ])('%s', (text, hidden) => {
    expect(hide(text)).toBe(hidden)
  })

  it('knows it in base64 of whatever it stands in', () => {
    for (const around of ['', '\0', 'ab', 'user=', '\0\0x']) {
      const octets = Buffer.from(`${around}App.User+x@example.com\0secret`)
      expect(hide(`334 ${octets.toString('base64')} ok`)).toBe('334 *** ok')
      expect(hide(`334 ${octets.toString('base64url')} ok`)).toBe('334 *** ok')
    }
  })

  it('leaves every text as it is when there is nobody to hide', () => {
    expect(hidingUsers([])('AUTH PLAIN joe')).toBe('AUTH PLAIN joe')
  })
})
