import { describe, expect, it } from 'vitest'
import { HeaderList } from './header-list.js'
import { Header } from './header.js'

describe('Header', () => {
  it('is empty at first [ipworks.type.Header.ctor.1]', () => {
    const header = new Header()
    expect([header.field, header.value]).toEqual(['', ''])
  })

  it('has what it is given, in its case [ipworks.type.Header.ctor.2] [part of ipworks.type.Header.Field] [part of ipworks.type.Header.Value]', () => {
    const header = new Header('X-sUBJECT', 'of mine')
    expect([header.field, header.value]).toEqual(['X-sUBJECT', 'of mine'])
    expect([header.getField(), header.getValue()]).toEqual(['X-sUBJECT', 'of mine'])
    header.setField('Subject')
    header.setValue('other')
    expect({ ...header }).toEqual({ field: 'Subject', value: 'other' })
  })
})

describe('HeaderList', () => {
  it('is an array and a list', () => {
    const list = new HeaderList()
    list.push(new Header('A', '1'), new Header('B', '2'))
    expect([list.length, list.size(), list.count]).toEqual([2, 2, 2])
    expect(list.get(1)).toBe(list[1])
    expect(list.map(({ field }) => field)).toEqual(['A', 'B'])
    expect(list.map(({ field }) => field)).not.toBeInstanceOf(HeaderList)
    expect(() => list.get(2)).toThrow(expect.objectContaining({ code: 10022 }))
  })
})
