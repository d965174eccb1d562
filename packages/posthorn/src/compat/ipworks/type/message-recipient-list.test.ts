import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entriesOf, MessageRecipientList } from './message-recipient-list.js'
import { MessageRecipient, RecipientType } from './message-recipient.js'

const { rtTo, rtCc, rtBcc } = RecipientType
const refused = expect.objectContaining({ code: 10022 }) as Error

function listOf(...addresses: readonly string[]): MessageRecipientList {
  const list = new MessageRecipientList()
  for (const each of addresses) list.add(each)
  return list
}

const addresses = (list: readonly MessageRecipient[]) => list.map(({ address }) => address)

describe('MessageRecipientList', () => {
  it('is an array', () => {
    const list = new MessageRecipientList()
    expect([list.length, list.size(), list.count, list.isEmpty()]).toEqual([0, 0, 0, true])
    list.push(new MessageRecipient('a@x.test'), new MessageRecipient('b@x.test'))
    list[2] = new MessageRecipient('c@x.test')
    expect(Array.isArray(list)).toBe(true)
    expect([...list]).toEqual([list[0], list[1], list[2]])
    expect(list.slice(1)).not.toBeInstanceOf(MessageRecipientList)
    expect(addresses(list.splice(0, 1))).toEqual(['a@x.test'])
    list.unshift(new MessageRecipient('d@x.test'))
    expect(addresses(list)).toEqual(['d@x.test', 'b@x.test', 'c@x.test'])
    list.length = 0
    expect(list.isEmpty()).toBe(true)
    expect(addresses(MessageRecipientList.from([new MessageRecipient('e@x.test')]))).toEqual(['e@x.test'])
  })

  it('has the methods of the lists of Java and C#', () => {
    const list = listOf('a@x.test', 'c@x.test')
    expect(list.add(new MessageRecipient('d@x.test'))).toBe(true)
    list.insert(1, 'b@x.test')
    list.insert(4, 'e@x.test')
    expect(addresses(list)).toEqual(['a@x.test', 'b@x.test', 'c@x.test', 'd@x.test', 'e@x.test'])
    expect(list.set(0, 'Ann <z@x.test>').address).toBe('a@x.test')
    expect([list.get(0).name, list[0]!.address]).toEqual(['Ann', 'z@x.test'])
    expect(list.remove(1).address).toBe('b@x.test')
    expect([list.size(), list.count]).toEqual([4, 4])
    list.clear()
    expect(list.size()).toBe(0)
  })

  it('is read behind a proxy of the caller as well', () => {
    const list = listOf('a@x.test')
    expect([entriesOf(list), entriesOf(new Proxy(list, {}))].map(addresses)).toEqual([['a@x.test'], ['a@x.test']])
  })

  it('makes recipients of strings, and takes nothing else, wherever it is put in', () => {
    const list: unknown[] = listOf('a@x.test')
    list[1] = 'Bob <b@x.test>'
    list.push('c@x.test')
    list.splice(0, 1, 'd@x.test', 'e@x.test')
    expect(list.every((each) => each instanceof MessageRecipient)).toBe(true)
    expect(addresses(list as MessageRecipient[])).toEqual(['d@x.test', 'e@x.test', 'b@x.test', 'c@x.test'])
    for (const wrong of [1, null, undefined, {}, { address: 'a@x.test' }, 'root', []]) {
      expect(() => list.push(wrong)).toThrow(refused)
      expect(() => (list[0] = wrong)).toThrow(refused)
      expect(() => list.fill(wrong)).toThrow(refused)
      expect(() => Reflect.defineProperty(list, '0', { value: wrong })).toThrow(refused)
    }
    expect(list).toHaveLength(4)
  })

  it('has no empty places, whatever is done to it', () => {
    const list: MessageRecipient[] = listOf('a@x.test', 'b@x.test', 'c@x.test')
    const other = new MessageRecipient('z@x.test')
    for (const wrong of [
      () => (list[4] = other),
      () => (list[-1] = other),
      () => (list[0.5] = other),
      () => (list.length = 4),
      () => Reflect.deleteProperty(list, '0'),
      () => Object.defineProperty(list, '3', { enumerable: true }),
      () => Object.defineProperty(list, '0', { get: () => other }),
      () => list.splice(1, 1, other, 'root' as unknown as MessageRecipient),
      () => list.unshift(other, undefined as unknown as MessageRecipient),
    ])
      expect(wrong).toThrow(refused)
    expect(addresses(list)).toEqual(['a@x.test', 'b@x.test', 'c@x.test'])
    Reflect.deleteProperty(list, '2')
    list.length = 2
    list[2] = other
    expect(addresses(list)).toEqual(['a@x.test', 'b@x.test', 'z@x.test'])
    expect([list.pop()?.address, list.shift()?.address, list.length]).toEqual(['z@x.test', 'a@x.test', 1])
  })

  it('changes as an array does', () => {
    const index = fc.integer({ min: -5, max: 5 })
    const fresh = fc.array(fc.constantFrom('x@x.test', 'y@x.test'), { maxLength: 3 })
    const step = fc.oneof(
      fc.record({ call: fc.constant('splice' as const), given: fc.tuple(index, index), fresh }),
      fc.record({ call: fc.constantFrom('unshift', 'push', 'pop', 'shift', 'reverse', 'sort', 'cut'), fresh }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const plain: MessageRecipient[] = [...listOf('a@x.test', 'b@x.test', 'c@x.test')]
        const list: MessageRecipient[] = new MessageRecipientList()
        list.push(...plain)
        for (const { call, fresh, ...rest } of steps) {
          const items = fresh.map((address) => new MessageRecipient(address))
          const results = [plain, list].map((each) => {
            if (call === 'splice' && 'given' in rest) return each.splice(...rest.given, ...items)
            if (call === 'cut') return each.splice(1)
            if (call === 'sort') return [...each.sort((a, b) => (a.address < b.address ? -1 : 1))]
            if (call === 'reverse') return [...each.reverse()]
            return call === 'unshift' || call === 'push' ? each[call](...items) : each[call as 'pop' | 'shift']()
          })
          expect(results[1]).toEqual(results[0])
          expect([...list]).toEqual(plain)
          expect(Object.keys(list)).toHaveLength(plain.length)
        }
      }),
    )
  })

  it('refuses an index that is not there', () => {
    const list = listOf('a@x.test')
    for (const index of [-1, 1, 0.5, NaN, '0' as unknown as number]) {
      expect(() => list.get(index)).toThrow(refused)
      expect(() => list.set(index, 'b@x.test')).toThrow(refused)
      expect(() => list.remove(index)).toThrow(refused)
      if (index !== 1) expect(() => list.insert(index, 'b@x.test')).toThrow(refused)
    }
    expect(addresses(list)).toEqual(['a@x.test'])
  })

  it('adds to what is there [part of ipworks.prop.SendTo] [part of ipworks.prop.Cc] [part of ipworks.prop.BCc] [part of ipworks.prop.MessageRecipients]', () => {
    const list = new MessageRecipientList()
    list.append('a@x.test', rtTo)
    list.append('"Miller, Bob" <b@x.test>, c@x.test', rtCc)
    list.append('d@x.test', rtBcc)
    list.append('e@x.test', rtTo)
    list.append('', rtTo)
    expect(list.map(({ address, recipientType }) => [address, recipientType])).toEqual([
      ...[['a@x.test', 0], ['b@x.test', 1], ['c@x.test', 1], ['d@x.test', 2], ['e@x.test', 0]], // prettier-ignore
    ])
    expect(list.joined(rtTo)).toBe('a@x.test, e@x.test')
    expect(list.joined(rtCc)).toBe('"Miller, Bob" <b@x.test>, c@x.test')
    expect(list.joined(rtBcc)).toBe('d@x.test')
  })

  it.each([
    ['a@x.test;b@x.test; ', ['a@x.test', 'b@x.test']],
    ['Friends: a@x.test, "B, C" <b@x.test>;, c@x.test', ['a@x.test', 'b@x.test', 'c@x.test']],
    ['Last, First <a@x.test>, b@x.test', ['a@x.test', 'b@x.test']],
    ['undisclosed-recipients:;', []],
    ['  ', []],
  ])('reads %j', (text, expected) => {
    const list = new MessageRecipientList()
    list.append(text, rtTo)
    expect(addresses(list)).toEqual(expected)
  })

  it.each([
    ['a@x.test, root', /^\[10022\] Invalid argument: Cc .*"@".*character 15/],
    ['a@x.test b@x.test', /^\[10022\] Invalid argument: Cc /],
    ['a@x.test, b@', /^\[10022\] Invalid argument: Cc /],
    ['a@x.test,\r\nBcc: b@x.test', /^\[10022\] Invalid argument: Cc /],
  ])('refuses all of %j, and says where', (text, message) => {
    const list = listOf('z@x.test')
    expect(() => list.append(text, rtCc)).toThrow(message)
    expect(addresses(list)).toEqual(['z@x.test'])
  })

  it('reads what it has written', () => {
    const name = fc.stringMatching(/^[ -~\u00c0-\u00ff]{0,20}$/).map((text) => text.trim().replace(/\s+/g, ' '))
    const mailbox = fc.record({ name, local: fc.stringMatching(/^[a-z]{1,8}$/) })
    fc.assert(
      fc.property(fc.array(mailbox, { maxLength: 4 }), (given) => {
        const list = new MessageRecipientList()
        for (const { name, local } of given) {
          const recipient = new MessageRecipient(`${local}@x.test`, rtCc)
          recipient.name = name
          list.push(recipient)
        }
        const read = new MessageRecipientList()
        read.append(list.joined(rtCc), rtCc)
        const shown = (all: MessageRecipientList) => all.map(({ address, name }) => [address, name])
        expect(shown(read)).toEqual(shown(list))
      }),
    )
  })
})
