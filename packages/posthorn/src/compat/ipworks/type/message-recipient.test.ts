import { describe, expect, it } from 'vitest'
import { MessageRecipient, RecipientType } from './message-recipient.js'

const fields = ({ address, name, options, recipientType }: MessageRecipient) => ({
  address,
  name,
  options,
  recipientType,
})

describe('MessageRecipient', () => {
  it('is empty at first [ipworks.type.MessageRecipient.ctor.1]', () => {
    expect(fields(new MessageRecipient())).toEqual({ address: '', name: '', options: '', recipientType: 0 })
  })

  it.each([
    ['a@example.test', 'a@example.test', ''],
    ['Ann <a@example.test>', 'a@example.test', 'Ann'],
    ['"Ann, B" <a@example.test>', 'a@example.test', 'Ann, B'],
    ['Miller, Anna <a@example.test>', 'a@example.test', 'Miller, Anna'],
    [' <a@example.test> ', 'a@example.test', ''],
    ['Ännchen <a@bücher.example>', 'a@xn--bcher-kva.example', 'Ännchen'],
  ])('reads %j [ipworks.type.MessageRecipient.ctor.2]', (given, address, name) => {
    expect(fields(new MessageRecipient(given))).toEqual({
      address,
      name,
      options: '',
      recipientType: RecipientType.rtTo,
    })
  })

  it.each([0, 1, 2])('has the type %i that it is given [ipworks.type.MessageRecipient.ctor.3]', (type) => {
    expect(fields(new MessageRecipient('Ann <a@example.test>', type))).toMatchObject({
      name: 'Ann',
      recipientType: type,
    })
  })

  it.each([
    'root',
    'a@b, c@d',
    'a b@example.test',
    'Ann <a@example.test',
    'a@example.test\r\nBcc: x@example.test',
    '@',
  ])('refuses %j', (given) => {
    expect(() => new MessageRecipient(given)).toThrow(expect.objectContaining({ code: 10022 }))
  })

  it('refuses types and values that are none', () => {
    expect(() => new MessageRecipient('a@example.test', 3)).toThrow(
      '[10022] Invalid argument: RecipientType must be one of 0 (rtTo)',
    )
    const recipient = new MessageRecipient()
    for (const wrong of [{ address: 1 }, { name: null }, { options: [] }, { recipientType: -1 }]) {
      expect(() => Object.assign(recipient, wrong)).toThrow(expect.objectContaining({ code: 10022 }))
    }
  })

  it('has the methods and constants of Java', () => {
    const recipient = new MessageRecipient()
    recipient.setAddress('a@example.test')
    recipient.setName('Ann')
    recipient.setOptions('NOTIFY=NEVER')
    recipient.setRecipientType(MessageRecipient.rtBcc)
    expect(recipient.getAddress()).toBe('a@example.test')
    expect([recipient.getName(), recipient.getOptions(), recipient.getRecipientType()]).toEqual([
      'Ann',
      'NOTIFY=NEVER',
      2,
    ])
  })
})
