import { Secret } from '@posthorn/ground/portable'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPlain, parseReference, plainText } from './secret-reference.js'

describe('a reference', () => {
  it('names a variable, a file, an entry of the vault, or is the text itself', () => {
    expect(parseReference('env:SMTP_PASSWORD', 'p')).toEqual({ kind: 'env', name: 'SMTP_PASSWORD' })
    expect(parseReference('file:secrets/a b.txt', 'p')).toEqual({ kind: 'file', path: 'secrets/a b.txt' })
    expect(parseReference('vault:office', 'p')).toEqual({ kind: 'vault', name: 'office' })
    const plain = parseReference(new Secret('file:x'), 'p')
    expect(plain.kind === 'plain' && plain.value.reveal()).toBe('file:x')
  })

  it.each(['env:', 'env:A B', 'file:', 'vault:', 'file:a\nb'])('is refused without a name: %j', (text) => {
    expect(() => parseReference(text, 'credentials.password')).toThrow(
      expect.objectContaining({ code: 'settings.reference', field: 'credentials.password' }) as Error,
    )
  })

  it('is never made of a text by accident', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom('env:', 'file:', 'vault:', 'plain:'), fc.string()).map((each) => each.join('')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const written = plainText(text)
        const read = parseReference(written, 'p')
        expect(read.kind === 'plain' && read.value.reveal()).toBe(text)
        expect(isPlain(written)).toBe(true)
      }),
    )
  })
})
