import { Secret } from '@posthorn/ground/portable'
import { describe, expect, it } from 'vitest'
import { readProfileFile, writeProfileFile } from './profile-file.js'

const YAML = `
# the relay of the office
relay:
  host: smtp.example.com
  port: 587
credentials: { user: app, password: env:SMTP_PASSWORD }
sites:
  ILL:
    sender: { from: ill@example.com }
`
const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error

describe('a profile file', () => {
  it('is read from YAML and from JSON, and written in both', () => {
    const document = readProfileFile(YAML)
    expect(document).toEqual({
      profile: {
        relay: { host: 'smtp.example.com', port: 587 },
        credentials: { user: 'app', password: 'env:SMTP_PASSWORD' },
      },
      sites: { ILL: { sender: { from: 'ill@example.com' } } },
    })
    for (const format of ['yaml', 'json'] as const)
      expect(readProfileFile(`\ufeff${writeProfileFile(document, format)}`)).toEqual(document)
  })

  it('keeps texts that look like something else', () => {
    const profile = { credentials: { user: 'yes', password: '0123' }, headers: { fields: [{ name: 'X', value: '~' }] } }
    expect(readProfileFile(writeProfileFile({ profile, sites: {} })).profile).toEqual(profile)
  })

  it.each([
    ['relay: [', /not well-formed in line 1/],
    ['relay:\n  host: a\n  host: b', /not well-formed in line 3/],
    ['- a', /holds no settings/],
    ['', /holds no settings/],
    ['sites: 5', /^sites: must be an object/],
    [`a: &a [1]\nb: &b [${'*a,'.repeat(200)}]\nc: [${'*b,'.repeat(200)}]`, /not well-formed/],
  ])('is refused when it is none: %#', (text, message) => {
    expect(() => readProfileFile(text)).toThrow(refusal('settings.file-format', message))
  })

  it('is refused with the path of what is wrong, in a site, too, and without its values', () => {
    expect(() => readProfileFile('relay: { hots: x }')).toThrow(refusal('settings.unknown', /^relay\.hots/))
    expect(() => readProfileFile('sites: { ILL: { relay: { port: Geheim } } }')).toThrow(
      refusal('settings.value', /^sites\.ILL\.relay\.port: must be a whole number from 1 to 65535$/),
    )
    expect(() => readProfileFile('credentials: { password: "Geheim')).toThrow(
      refusal('settings.file-format', /^(?!.*Geheim)/),
    )
  })

  it('cannot hold a secret that is in memory only', () => {
    const profile = { credentials: { user: 'app', password: new Secret('Geheim') } }
    expect(() => writeProfileFile({ profile, sites: {} })).toThrow(
      refusal('settings.secret-value', /credentials\.password/),
    )
  })
})
