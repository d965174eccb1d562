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
    ['{ "name": "a", "name": "b" }', /not well-formed in line 1: a name that stands there a second time/],
    ['tls:\n  1: a\n  "1": b', /not well-formed in line 3/],
    ['? [a]\n: b', /not well-formed in line 1: a name that is no text/],
    ['dkim:\n  - domain: a\n    domain: b', /not well-formed in line 3/],
    [`a: &a [1]\nb: &b [${'*a,'.repeat(200)}]\nc: [${'*b,'.repeat(200)}]`, /more than 10000 times with \*/],
    ['%YAML 1.1\n---\nrelay: { host: a, port: 9:45 }', /another version of YAML than 1\.2/],
    [' '.repeat(1_000_001), /longer than 1000000 characters/],
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

  it('is read with an anchor that many sites use, and with groups that have nothing in them', () => {
    const sites = Array.from({ length: 5000 }, (_, index) => `  S${index}: *relay`).join('\n')
    const read = readProfileFile(
      `tls:\nrelay: { host: a }\nsites:\n  ILL: &relay { relay: { host: b }, tls: }\n${sites}`,
    )
    expect(read.profile).toEqual({ relay: { host: 'a' } })
    expect(Object.keys(read.sites)).toHaveLength(5001)
    expect(read.sites['S4999']).toEqual({ relay: { host: 'b' } })
    expect(readProfileFile('relay: { host: a }\nsites:').sites).toEqual({})
  })

  it('may say %YAML 1.2, and is no other version without it', () => {
    expect(readProfileFile('%YAML 1.2\n---\nrelay: { host: a, port: 025 }').profile.relay?.port).toBe(25)
  })

  it('says what to do with a number that stands for a text', () => {
    const wrong = expect.objectContaining({
      message: 'credentials.password: must be text',
      hint: 'Put it in quotes: without them it is a number.',
    }) as Error
    expect(() => readProfileFile('credentials: { password: 123456 }')).toThrow(wrong)
    expect(() => readProfileFile('identity: { localName: true }')).toThrow(/must be text$/)
  })

  it('is read in time that grows with its length', () => {
    const keys = (count: number) => Array.from({ length: count }, (_, index) => `a${index}z: 1`).join('\n')
    expect(() => readProfileFile(keys(40_000))).toThrow(refusal('settings.unknown', /and 979 more$/))
  })

  it('has names that are those of objects like any others', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(() => readProfileFile(`${name}: { host: x }`)).toThrow(refusal('settings.unknown', /is not known/))
      const { sites } = readProfileFile(`sites: { ${name}: { relay: { host: x } } }`)
      expect(Object.entries(sites)).toEqual([[name, { relay: { host: 'x' } }]])
    }
  })

  it('cannot hold a secret that is in memory only', () => {
    const profile = { credentials: { user: 'app', password: new Secret('Geheim') } }
    expect(() => writeProfileFile({ profile, sites: {} })).toThrow(
      refusal('settings.secret-value', /credentials\.password/),
    )
  })
})
