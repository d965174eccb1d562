import { describe, expect, it } from 'vitest'
import { Hidden } from './hidden.js'
import { hideMeaning, rawCommand } from './raw-command.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('rawCommand', () => {
  it.each([
    ['HELP AUTH', {}, undefined],
    ['AUTH LOGIN', {}, undefined],
    ['AUTH PLAIN AGFubgBodW50ZXIy', {}, 'AUTH PLAIN ***'],
    ['  auth  login YW5u', {}, 'auth login ***'],
    ['AUTH PLAIN AGFubgBodW50ZXIy', { secret: true }, 'AUTH ***'],
    ['aHVudGVyMg==', { secret: true }, '***'],
    ['aHVudGVyMg==', { challenged: true }, '***'],
    ['hunter two', { challenged: true, secret: true }, '***'],
  ])('%s %j is shown as %s', (line, facts, shown) => {
    const made = rawCommand(line, { secret: false, challenged: false, ...facts })
    expect(made).toEqual({ phase: 'command', text: `${line}\r\n`, shown })
  })

  it('a secret with a control character is refused without a word of it', () => {
    for (const facts of [
      { secret: true, challenged: false },
      { secret: false, challenged: true },
    ])
      for (const line of ['hunterTwo\x01', 'aHVudGVyMg==\r\n'])
        expect(() => rawCommand(line, facts)).toThrow(/^command: an argument has a control character$/)
    const known = { secret: false, challenged: false }
    expect(() => rawCommand('HELP x\r\n', known)).toThrow(/^HELP: an argument/)
  })
})

describe('hideMeaning', () => {
  it('hides what a secret line says in base64', () => {
    const hidden = new Hidden()
    const facts = { secret: true, challenged: false }
    hideMeaning(rawCommand(base64('squeamish'), facts), hidden)
    hideMeaning(rawCommand(`AUTH PLAIN ${base64('\0anna\0ossifrage')}`, facts), hidden)
    hideMeaning(rawCommand(`AUTH XOAUTH2 ${base64('user=bea\x01auth=Bearer t0ken-t0ken\x01\x01')}`, facts), hidden)
    expect(hidden.maskText('bad squeamish')).toBe('bad ***')
    expect(hidden.maskText('anna has ossifrage')).toBe('*** has ***')
    expect(hidden.maskText('no t0ken-t0ken')).not.toContain('t0ken')
    expect(hidden.maskText('AUTH PLAIN is fine')).toBe('AUTH PLAIN is fine')
  })
})
