import { describe, expect, it } from 'vitest'
import { isTokenUri, readTokenUri } from './token-uri.js'

const read = (text: string) => readTokenUri(text, 'store.source')

describe('a PKCS #11 URI', () => {
  it('says which module, token and key, percent-decoded', () => {
    const uri = read(
      'pkcs11:token=The%20mail;manufacturer=A%3bB;model=One;serial=0001;slot-id=7;object=Ann%20M%C3%BCller;id=%a1%00;type=private' +
        '?module-path=/usr/lib/softhsm/libsofthsm2.so',
    )
    expect(uri).toEqual({
      modulePath: '/usr/lib/softhsm/libsofthsm2.so',
      token: 'The mail',
      manufacturer: 'A;B',
      model: 'One',
      serial: '0001',
      slotId: 7,
      object: 'Ann Müller',
      id: Buffer.from('a100', 'hex'),
    })
  })

  it('may be written in capitals, and may say nothing but the module', () => {
    expect(read('PKCS11:?module-path=/m.so')).toMatchObject({ modulePath: '/m.so', token: undefined })
    expect([isTokenUri('pkcs11:'), isTokenUri('/usr/lib/pkcs11.so')]).toEqual([true, false])
  })

  it('is the path of a module when it is no URI', () => {
    expect(read('/usr/lib/opensc-pkcs11.so')).toEqual({ modulePath: '/usr/lib/opensc-pkcs11.so' })
  })

  it.each([
    ['/run/pin', '/run/pin'],
    ['file:/run/pin', '/run/pin'],
    ['file:///run/pin', '/run/pin'],
    ['C:%5Cpin', 'C:\\pin'],
  ])('names the file of the PIN: %s', (source, path) => {
    expect(read(`pkcs11:?module-path=/m.so&pin-source=${source}`).pinFile).toBe(path)
  })

  it('has the PIN as a secret', () => {
    const uri = read('pkcs11:?module-path=/m.so&pin-value=12%2634')
    expect(uri.pin?.reveal()).toBe('12&34')
    expect(JSON.stringify(uri)).not.toContain('34')
  })

  it('passes over what is of the library, and what a query has besides', () => {
    const uri = read('pkcs11:library-manufacturer=x;slot-description=y?module-path=/m.so&x-later=1')
    expect(uri.modulePath).toBe('/m.so')
  })

  it.each([
    ['pkcs11:token=mail', 'does not say which module to use'],
    ['pkcs11:token=mail?module-name=softhsm2', 'does not say which module to use'],
    ['pkcs11:token=a;token=b?module-path=/m.so', 'has the attribute token twice'],
    ['pkcs11:tokens=a?module-path=/m.so', 'has an attribute that is not known (tokens)'],
    ['pkcs11:token?module-path=/m.so', 'has an attribute without a value'],
    ['pkcs11:to ken=1?module-path=/m.so', 'has an attribute whose name is none'],
    ['pkcs11:token=%zz?module-path=/m.so', 'has a percent sign out of place in token'],
    ['pkcs11:token=%ff?module-path=/m.so', 'has a token that is not UTF-8'],
    ['pkcs11:slot-id=one?module-path=/m.so', 'has a slot-id that is no number'],
    ['pkcs11:type=secret-key?module-path=/m.so', "asks for objects of the type 'secret-key'"],
    ['pkcs11:?module-path=/m.so&pin-value=hunter2&pin-source=/p', 'has both pin-value and pin-source'],
    ['pkcs11:?module-path=/m.so&pin-source=%7Crm%20-rf', 'has a pin-source that is no file by its whole path'],
    [`pkcs11:token=${'a'.repeat(5000)}?module-path=/m.so`, 'is longer than 4096 characters'],
  ])('is refused: %s', (text, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'certificate.format', message: `store.source: the PKCS #11 URI ${message}` }),
    )
    expect(() => read(text)).not.toThrow('hunter2')
  })
})
