import { readdirSync, readFileSync } from 'node:fs'
import { SettingsError } from '@posthorn/ground/portable'
import { describe, expect, it } from 'vitest'
import { checkProfile } from '../check-profile.js'
import { layered } from '../layers.js'
import type { Profile } from '../profile/profile.js'
import { SETTINGS } from '../table.js'
import { valuesOf } from '../values.js'
import { FORMATS } from './formats.js'
import type { Import, ImportFormat, ImportSource, ReportLine } from './import.js'

const MUTATIONS = 10_000
/** What is read of a sample; with what mutations add, no text is longer than 16 KB. */
const MAX_SEED = 4096
const MAX_TEXT = 16_384
const MAX_RUN = 1000
/** So many different faults of a format are told. */
const MAX_FAULTS = 5

/** References that nobody but an attacker writes; no importer may make one of them out of a value. */
const PLANTED = ['env:POSTHORN_PLANTED', 'vault:posthorn-planted', 'file:/posthorn/planted']
const VALUES = [
  ...PLANTED,
  ...[
    '',
    ' ',
    '0',
    '-1',
    '99999999999',
    '1e9',
    'true',
    'No',
    'null',
    '[]',
    '{}',
    '""',
    '*',
    '%',
    '%zz',
    '\u0000',
    '\ud800',
  ],
  ...[
    'constructor',
    '__proto__',
    '$constructor',
    '${__proto__}',
    '$$',
    'a@b',
    '<x@y>',
    '[::1]',
    'smtp://u:p@h',
    '\u202e',
  ],
]
const PIECES = [
  ...[
    '<',
    '>',
    '</',
    '/>',
    '<a>',
    '<a b="',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '&',
    '&amp;',
    '&#0;',
    '&#x41;',
  ],
  ...[
    '"',
    "'",
    '`',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    ',',
    ';',
    ':',
    '=',
    '#',
    '\\',
    '/',
    '|',
    '$',
    '${',
    '%',
    '@',
    '*',
    '~',
  ],
  ...[
    '\n',
    '\r',
    '\r\n',
    '\t',
    ' ',
    '\u0000',
    '\u0001',
    '\u001b',
    '\u007f',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\uffff',
    '\u{1f4ef}',
  ],
  ...['\n[', ']\n', '\n\n', '\\\n', '\\u0000', '//', '/*', '*/', '__proto__', 'constructor', 'toString', 'undefined'],
]
const LONG = [
  'a',
  ' ',
  '\n',
  '\t',
  ',',
  ';',
  '"',
  "'",
  '<',
  '[',
  '{',
  '(',
  '=',
  ':',
  '\\',
  '/',
  '&',
  '.',
  '-',
  '0',
  '$',
  '@',
]

type Random = (below: number) => number

/** Whole numbers from 0, the same for the same seed (Mulberry32). */
function random(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

interface Sample {
  readonly name: string
  readonly text: string
}

const one = <T>(list: readonly T[], next: Random): T => list[next(list.length)]!

const MUTATORS: readonly ((text: string, next: Random, samples: readonly Sample[]) => string)[] = [
  (text, next) => {
    const at = next(text.length)
    return `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ (1 << next(8)))}${text.slice(at + 1)}`
  },
  (text, next) => {
    const at = next(text.length)
    return text.slice(0, at) + text.slice(at + 1 + (next(4) === 0 ? next(200) : 0))
  },
  (text, next) => inserted(text, next, one(PIECES, next)),
  (text, next) => inserted(text, next, one(LONG, next).repeat(1 + next(MAX_RUN))),
  (text, next) => replacedValue(text, next, one(VALUES, next)),
  (text, next) => replacedValue(text, next, one(LONG, next).repeat(1 + next(MAX_RUN))),
  (text, next) => {
    const lines = text.split('\n')
    const [a, b] = [next(lines.length), next(lines.length)]
    ;[lines[a], lines[b]] = [lines[b]!, lines[a]!]
    return lines.join('\n')
  },
  (text, next) => {
    const lines = text.split('\n')
    lines.splice(next(lines.length + 1), 0, one(lines, next))
    return lines.join('\n')
  },
  (text, next) => {
    const lines = text.split('\n')
    lines.splice(next(lines.length), 1 + next(3))
    return lines.join('\n')
  },
  (text, next) => text.slice(0, next(text.length)),
  (text, next) => text.slice(next(text.length)),
  (text, next, samples) => {
    const other = one(samples, next).text
    return text.slice(0, next(text.length)) + other.slice(next(other.length))
  },
  (text, next, samples) => {
    const lines = text.split('\n')
    lines.splice(next(lines.length + 1), 0, one(one(samples, next).text.split('\n'), next))
    return lines.join('\n')
  },
]

function inserted(text: string, next: Random, piece: string): string {
  const at = next(text.length + 1)
  return text.slice(0, at) + piece + text.slice(at)
}

/** Another value between two signs that stand between values in one format or another. */
function replacedValue(text: string, next: Random, value: string): string {
  const places = [...text.matchAll(/[=:,;>"' \t(]+([^=,;<"'\n)]+)/g)]
  if (places.length === 0) return value
  const { index, 0: whole, 1: old } = one(places, next)
  const at = index + whole.length - old!.length
  return text.slice(0, at) + value + text.slice(at + old!.length)
}

/** One to three mutations of a sample, in half of the cases with another sample beside it. */
function mutated(samples: readonly Sample[], next: Random): ImportSource {
  const { name, text: whole } = one(samples, next)
  let text = whole
  for (let round = 1 + next(3); round > 0; round--) text = one(MUTATORS, next)(text || ' ', next, samples)
  text = text.slice(0, MAX_TEXT)
  const beside = one(samples, next)
  const files = next(2) === 0 && beside.name !== name ? { [beside.name]: beside.text } : {}
  return next(2) === 0 ? { text, files } : { text, name, files }
}

function samplesOf(format: string): Sample[] {
  const folder = new URL(`../../test/samples/${format}/`, import.meta.url)
  return readdirSync(folder).map((name) => ({
    name,
    text: readFileSync(new URL(name, folder), 'utf8').slice(0, MAX_SEED),
  }))
}

/** The secrets that stand in samples: they all have one word in them, and this is what stands around it. */
function secretsOf(samples: readonly Sample[]): string[] {
  const plain = samples.flatMap(({ text }) => text.match(/[^\s"'`<>=,;:&]*Geheim[^\s"'`<>,;&]*/g) ?? [])
  const forms = plain.flatMap((secret) => [secret, btoa(secret).replace(/=+$/, ''), encodeURIComponent(secret)])
  return [...new Set(forms)]
}

const VERDICTS: ReadonlySet<string> = new Set(['taken', 'changed', 'defaulted', 'ignored', 'lost', 'unknown'])

/** What is wrong with the end of an import; undefined when nothing is. */
function faultOf(format: ImportFormat, source: ImportSource, secrets: readonly string[]): string | undefined {
  const isTold = (text: string) => secrets.some((secret) => text.includes(secret))
  let result: Import
  try {
    format.recognises(source)
    result = format.import(source)
  } catch (error) {
    if (!(error instanceof SettingsError)) return `throws ${String(error)}`
    if (!/^import\.[a-z-]+$/.test(error.code)) return `throws ${error.code}`
    if (error.cause !== undefined) return `${error.code} has a cause`
    const message = [error.message, error.hint].find((text) => isTold(text ?? ''))
    return message === undefined ? undefined : `${error.code} tells a secret: ${message}`
  }
  const { profiles, report } = result
  // what stands in the place of a name is a name, whatever it is; what only has a secret in it is none
  const named = ({ of, ...line }: ReportLine) => [line, secrets.includes(of ?? '') ? '' : of]
  const told = JSON.stringify([report.map(named), profiles.map(({ name }) => (secrets.includes(name) ? '' : name))])
  if (isTold(told))
    return `tells a secret: ${JSON.stringify(report.find((line) => isTold(JSON.stringify(named(line)))))}`
  if (profiles.length === 0) return 'no profile'
  const unfit = report.find((line) => !isFit(line))
  if (unfit) return `a line of the report that is none: ${unfit.entry}`
  for (const { profile, sites = {}, discover } of profiles) {
    // without a server the rest must fit by itself
    const whole = discover === undefined ? profile : { ...profile, relay: { ...profile.relay, host: 'mx.example' } }
    const fault = profileFault(whole, report)
    if (fault !== undefined) return fault
    for (const [site, values] of Object.entries(sites)) {
      try {
        const base = { origin: 'file', place: 'file', values: whole } as const
        layered([base, { origin: 'site', place: site, values }])
      } catch (error) {
        return `a site does not fit: ${String(error)}`
      }
    }
  }
  return undefined
}

function isFit({ verdict, entry, line, note, settings = [] }: ReportLine): boolean {
  const text = note === undefined || (typeof note === 'string' && note !== '')
  const place = line === undefined || (Number.isInteger(line) && line > 0)
  return VERDICTS.has(verdict) && typeof entry === 'string' && entry !== '' && text && place && settings.every(isKnown)
}

const isKnown = (path: string) => SETTINGS.has(path)

function profileFault(profile: Profile, report: readonly ReportLine[]): string | undefined {
  try {
    checkProfile(profile)
  } catch (error) {
    return `does not pass checkProfile: ${String(error)}`
  }
  for (const [path, value] of valuesOf(profile)) {
    const { holds, weakens } = SETTINGS.get(path)!
    const kept = path === 'dkim' ? profile.dkim!.map((each) => each.privateKey) : value
    if ((holds === 'secret' || holds === 'content') && isPlanted(kept)) return `${path} has become a reference`
    if (weakens?.(value) && !report.some(({ unsafe, settings }) => unsafe && settings?.includes(path)))
      return `${path} weakens a check, and no line of the report says unsafe`
  }
  return undefined
}

function isPlanted(value: unknown): boolean {
  if (typeof value === 'string') return PLANTED.some((reference) => value.trim() === reference)
  return typeof value === 'object' && value !== null && Object.values(value).some(isPlanted)
}

describe.each(FORMATS)('$name', (format) => {
  const samples = samplesOf(format.name)
  const secrets = secretsOf(samples)

  it(`${MUTATIONS} mutated files end in a profile that can be used or in an error of import, and tell no secret`, () => {
    expect(secrets.length).toBeGreaterThan(0)
    const next = random(0x50_05)
    const faults = new Map<string, ImportSource>()
    let profiles = 0
    for (let index = 0; index < MUTATIONS && faults.size < MAX_FAULTS; index++) {
      const source = mutated(samples, next)
      const fault = faultOf(format, source, secrets)
      if (fault === undefined) profiles++
      else if (!faults.has(fault)) faults.set(fault, source)
    }
    expect([...faults]).toEqual([])
    expect(profiles).toBe(MUTATIONS)
    expect(Object.keys(Object.prototype)).toEqual([])
  }, 300_000) // a guard for a machine that is busy with other things
})

/** Values that look like a place where something is kept, in products that know no such places. */
const NO_REFERENCES: readonly (readonly [format: string, what: string, source: ImportSource])[] = [
  ...PLANTED.map((text) => {
    const store = `<SslCertStore>${text}</SslCertStore><SslCertStoreType>sstUser</SslCertStoreType>`
    const files = { 'SMTP.config': `<MailSettings>${store}<SslCertSubject>*</SslCertSubject></MailSettings>` }
    const source = { text: 'EMailSMTPServer=a.example\nEMailFromAddress=a@b.example\n', files }
    return ['illiad', `a store of Windows called ${text}`, source] as const
  }),
  ...[...PLANTED, '${POSTHORN_PLANTED}'].map((text) => {
    const login = `Protocol=smtp\nVirtual User=default\nEndpoint=a.example\nReal User=u\nPassword=${text}\n`
    const source = { text: `/configuration/mail/Server = a.example\n\n${login}` }
    return ['runmyjobs', `the password ${text}`, source] as const
  }),
]

it.each(NO_REFERENCES)('%s: %s is no reference', (name, _, source) => {
  const { profiles } = FORMATS.find((format) => format.name === name)!.import(source)
  for (const [path, value] of profiles.flatMap(({ profile }) => [...valuesOf(profile)])) {
    const { holds } = SETTINGS.get(path)!
    if (holds === 'secret' || holds === 'content')
      expect([path, String(value)]).toEqual([path, expect.not.stringMatching(/^(?:env|file|vault):/)])
  }
  expect(profiles).toHaveLength(1)
})

const HOSTILE: Readonly<Record<string, string>> = {
  'an external entity': '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>ROOT',
  'a parameter entity': '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd">%x;]>ROOT',
  'a billion laughs': `<!DOCTYPE r [<!ENTITY a0 "ha">${Array.from({ length: 30 }, (_, level) => `<!ENTITY a${level + 1} "${`&a${level};`.repeat(10)}">`).join('')}]>ROOT`,
  'a DTD elsewhere': '<?xml version="1.0"?><!DOCTYPE r SYSTEM "r.dtd">ROOT',
  'a DTD in small letters': '<!doctype r>ROOT',
  'a DTD behind a comment': '<!-- --><!DOCTYPE r>ROOT',
  'a DTD within': 'OPEN<!DOCTYPE r>CLOSE',
  'an entity nobody declared': 'OPEN<Timeout>&x;</Timeout>CLOSE',
}
/** The root of each format that is XML, or may be. */
const ROOTS: Readonly<Record<string, readonly [open: string, close: string]>> = {
  illiad: ['<MailSettings>', '</MailSettings>'],
  genesys: ['<list_pair key="smtp-client"><str_pair key="server" value="smtp.example.com"/>', '</list_pair>'],
  runmyjobs: ['<e name="configuration"><e name="mail"><e name="Server" value="smtp.example.com"/>', '</e></e>'],
}

describe.each(Object.entries(ROOTS))('hostile XML for %s', (name, [open, close]) => {
  const { import: read } = FORMATS.find((format) => format.name === name)!
  const beside = name === 'illiad' ? { 'keys.txt': 'EMailSMTPServer=a.example\nEMailFromAddress=a@b.example\n' } : {}

  it('the root by itself is read', () => {
    expect(read({ text: `${open}${close}`, files: beside }).profiles).toHaveLength(1)
  })

  it.each(Object.entries(HOSTILE))('%s is refused', (_, hostile) => {
    const text = hostile.replace('ROOT', `${open}${close}`).replace('OPEN', open).replace('CLOSE', close)
    expect(() => read({ text, files: beside })).toThrow(expect.objectContaining({ code: 'import.format' }) as Error)
  })
})
