import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { layered } from '../../layers.js'
import type { Profile } from '../../profile/profile.js'
import { fromValues, valuesOf } from '../../values.js'
import type { Import, ImportedProfile } from '../import.js'
import { KEYS, type ElementName, type KeyName } from './entries.js'
import { illiad } from './illiad.js'

const SAMPLES = new URL('../../../test/samples/illiad/', import.meta.url)
const sample = (name: string) => readFileSync(new URL(name, SAMPLES), 'utf8')

const HEAD = 'CustKey,Value,NVTGC\n'
const xml = (elements: string) => `<MailSettings>${elements}</MailSettings>`
const named = (name: string) => xml(`<FullyQualifiedDomainName>${name}</FullyQualifiedDomainName>`)

/** How the mail of a site goes out: what is said for it laid over what is said for all. */
function ofSite({ profile, sites = {} }: ImportedProfile, site: string): Profile {
  expect(Object.keys(sites)).toContain(site)
  return layered([
    { origin: 'file', place: 'file', values: profile },
    { origin: 'site', place: site, values: sites[site]! },
  ]).profile
}

const only = ({ profiles }: Import) => profiles[0]!

describe('sites', () => {
  const keys = `${HEAD}EMailSMTPServer,smtp.example.edu,ILL\nEMailFromAddress,ill@example.edu,ILL\n`

  it('use their own file, else SMTP.config, else neither [part of illiad.behaviour.site-selection] [part of illiad.file.NVTGC.config]', () => {
    const rows = 'EMailFromAddress,a@example.edu,A\nEMailFromAddress,b@example.edu,B\n'
    const shared = xml(
      '<FullyQualifiedDomainName>all.example</FullyQualifiedDomainName><Timeout>120</Timeout><AllowExtensions>false</AllowExtensions>',
    )
    const imported = only(
      illiad.import({ text: keys + rows, files: { 'SMTP.config': shared, 'a.CONFIG': xml('<Timeout>5</Timeout>') } }),
    )
    expect(ofSite(imported, 'A')).toMatchObject({
      sender: { from: 'a@example.edu' },
      timeouts: { idleMs: 5000 },
      relay: { extensions: true },
    })
    expect(ofSite(imported, 'A').identity).toBeUndefined()
    expect(ofSite(imported, 'B')).toMatchObject({
      sender: { from: 'b@example.edu' },
      timeouts: { idleMs: 120_000 },
      relay: { extensions: false },
      identity: { localName: 'all.example' },
    })
    expect(ofSite(imported, 'ILL')).toMatchObject({
      sender: { from: 'ill@example.edu' },
      identity: { localName: 'all.example' },
    })
    const neither = only(illiad.import({ text: keys + rows, files: { 'A.config': named('a.example') } }))
    expect(ofSite(neither, 'A').identity).toEqual({ localName: 'a.example' })
    expect(ofSite(neither, 'B')).toMatchObject({ timeouts: { idleMs: 60_000 } })
    expect(ofSite(neither, 'B').identity).toBeUndefined()
  })

  it('are named by their file alone, too, and by a file that is imported itself', () => {
    const files = {
      'keys.txt': 'EMailSMTPServer=smtp.example.edu\nEMailFromAddress=a@b',
      'SMTP.config': xml('<Timeout>7</Timeout>'),
    }
    const imported = only(illiad.import({ text: named('x.example'), name: 'X.config', files }))
    expect(imported.profile.timeouts?.idleMs).toBe(7000)
    expect(ofSite(imported, 'X')).toMatchObject({ identity: { localName: 'x.example' }, timeouts: { idleMs: 60_000 } })
  })

  it('have keys that apply to them only [illiad.customkey.CustKey] [illiad.customkey.Value] [illiad.customkey.NVTGC] [illiad.customkey.Description] [illiad.customkey.AdminCat] [illiad.customkey.AdminKey] [illiad.customkey.AdminType]', () => {
    const columns = 'CustKey,Value,NVTGC,Description,AdminCat,AdminKey,Admin Type\n'
    const row = (site: string) => `EmailSecure,Yes,${site},SMTP.config control,System,EMail,YesNo\n`
    const all = `${columns}EMailSMTPServer,smtp.example.edu,ILL,,System,EMail,\nEMailFromAddress,ill@example.edu,ILL,,System,EMail,\n`
    expect(only(illiad.import({ text: all + row('ILL') })).profile.security).toBe('starttls')
    const other = only(illiad.import({ text: all + row('SCI') }))
    expect(other.profile.security).toBe('none')
    expect(ofSite(other, 'SCI').security).toBe('starttls')
    expect(ofSite(other, 'ILL').security).toBe('none')
  })

  it('are not told apart by case, and an installation with one site has none', () => {
    const one = only(illiad.import({ text: `${HEAD}EMailSMTPServer,a,ind\nEMailFromAddress,a@b,IND\n` }))
    expect(one).toEqual({
      name: 'illiad',
      profile: expect.objectContaining({ relay: { host: 'a', port: 25 } }) as Profile,
    })
    const file = only(
      illiad.import({
        text: `${HEAD}EMailSMTPServer,a,ind\nEMailFromAddress,a@b,IND\n`,
        files: { 'Ind.config': named('x') },
      }),
    )
    expect(file.profile.identity).toEqual({ localName: 'x' })
    expect(file.sites).toBeUndefined()
  })

  it('with a server of their own get no part of the connection of others, so no password goes to the wrong server', () => {
    const login =
      'SMTPUserID,u,ILL\nSMTPPassword,Geheim,ILL\nEMailSMTPPort,465,ILL\nEMailSecure,Yes,ILL\nEMailFromName,Loan,ILL\n'
    const imported = only(
      illiad.import({ text: `${keys}${login}EMailSMTPServer,med.example.edu,MED\nEMailFromAddress,m@b,MED\n` }),
    )
    const med = ofSite(imported, 'MED')
    expect(med).toMatchObject({
      relay: { host: 'med.example.edu', port: 25 },
      security: 'none',
      sender: { name: 'Loan' },
    })
    expect(med.credentials?.enabled).toBe(false)
  })

  it('share nothing when no row is of all or of ILL; all that is missing is named together', () => {
    const rows =
      'EMailSMTPServer,a.example,IND\nEMailFromAddress,a@b,IND\nSMTPUserID,u,IND\nEMailFromAddress,c@d,ARCH\n'
    expect(() => illiad.import({ text: `${HEAD}${rows}EMailSMTPServer,,LAW\n` })).toThrow(
      expect.objectContaining({
        code: 'import.missing',
        field: 'EMailSMTPServer of ARCH, EMailSMTPServer of LAW, EMailFromAddress of LAW',
      }),
    )
    const imported = only(illiad.import({ text: `${HEAD}${rows}EMailSMTPServer,c.example,ARCH\n` }))
    expect(imported.profile).toMatchObject({ relay: { host: 'a.example' }, sender: { from: 'a@b' } })
    expect(ofSite(imported, 'ARCH')).toMatchObject({
      relay: { host: 'c.example' },
      sender: { from: 'c@d' },
      credentials: { enabled: false },
    })
  })

  it('that must go without something no value takes back make it leave the profile, which is said', () => {
    const text = `${keys}EMailFromName,Loan,ILL\nEMailFromAddress,a@b,A\nEMailFromName,,A\nEMailFromAddress,c@d,B\n`
    const result = illiad.import({ text, files: { 'SMTP.config': sample('everything.config'), 'A.config': xml('') } })
    const imported = only(result)
    expect(ofSite(imported, 'A').tls).toBeUndefined()
    expect(ofSite(imported, 'A').sender).toEqual({ from: 'a@b' })
    expect(ofSite(imported, 'A').headers).toEqual({ fields: [], fieldsOnly: false })
    expect(ofSite(imported, 'A').proxy?.type).toBe('none')
    for (const site of ['B', 'ILL']) {
      expect(ofSite(imported, site)).toMatchObject({
        sender: { name: 'Loan' },
        identity: { localName: 'illiad.example.edu' },
        tls: { clientCertificate: { source: 'file:C:\\ILLiad\\client.pfx', password: '+Geheim!3' } },
        proxy: { type: 'socks5', user: 'fire&wall', password: '+Geheim!<2>' },
      })
    }
    expect(result.report).toContainEqual(
      expect.objectContaining({
        verdict: 'changed',
        entry: 'EMailFromName',
        note: expect.stringContaining('a site goes without it') as string,
      }),
    )
    expect(result.report).toContainEqual(
      expect.objectContaining({ verdict: 'ignored', entry: 'EMailFromName', of: 'A' }),
    )
  })

  it('have their lines in the report, and a file nobody uses has one', () => {
    const rows = 'EMailFromAddress,a@b,A\n'
    const { report } = illiad.import({
      text: keys + rows,
      name: 'k.csv',
      files: { 'SMTP.config': xml('<Timeout>5</Timeout>'), 'A.config': xml(''), 'ILL.config': xml('') },
    })
    expect(report).toContainEqual({
      verdict: 'ignored',
      entry: 'SMTP.config',
      note: expect.stringContaining('own') as string,
    })
    expect(report.filter(({ of }) => of === 'A')).toEqual([
      { verdict: 'taken', entry: 'EMailFromAddress', line: 4, file: 'k.csv', of: 'A', settings: ['sender.from'] },
    ])
    const shared = illiad.import({
      text: keys + rows,
      files: { 'SMTP.config': xml('<Timeout>5</Timeout>'), 'ILL.config': xml('') },
    })
    expect(shared.report.filter(({ entry }) => entry === 'Timeout')).toMatchObject([
      { verdict: 'defaulted' },
      { verdict: 'taken', line: 1 },
    ])
  })

  it('are too many, or spelled in two ways', () => {
    const rows = Array.from({ length: 1001 }, (_, index) => `EMailFromAddress,a@b,S${index}`).join('\n')
    expect(() => illiad.import({ text: keys + rows })).toThrow(expect.objectContaining({ code: 'import.format' }))
    expect(() => illiad.import({ text: keys, files: { 'A.config': xml(''), 'a.config': xml('') } })).toThrow(/two ways/)
    const odd = only(illiad.import({ text: `${keys}EMailFromAddress,a@b,__proto__\n` }))
    expect(ofSite(odd, '__proto__').sender?.from).toBe('a@b')
  })
})

describe('a site laid over the profile', () => {
  const choice = <T>(...values: readonly T[]) => fc.constantFrom<T | undefined>(undefined, ...values)
  const keysOfSite = fc.record({
    EMailSMTPServer: fc.constantFrom('a.example', 'smtp.gmail.com'),
    EMailFromAddress: fc.constantFrom('a@b', 'c@d'),
    EMailSMTPPort: choice('25', '465', '587'),
    EMailSecure: choice('Yes', 'No'),
    SMTPUserID: choice('u', 'v'),
    SMTPPassword: choice('+Geheim!1', '+Geheim!2'),
    EMailFromName: choice('N', 'M'),
    EMailNoAccountAddress: choice('x@y'),
  } satisfies Record<KeyName, unknown>)
  const elementsOfSite = fc.record({
    AllowExtensions: choice('true', '0'),
    FirewallType: choice('fwNone', '1', 'fwSOCKS4', 'fwSOCKS5'),
    FirewallHost: choice('p', 'q'),
    FirewallPort: choice('0', '99'),
    FirewallUser: choice('f'),
    FirewallPassword: choice('+Geheim!3'),
    OtherHeaders: choice('X-A: 1', '\nX-B: 2'),
    SslAcceptServerCert: choice('MIIBAAAA'),
    SslCertEncoded: choice('MIIBBBBB'),
    SslCertStore: choice('a.pfx', 'b.pem'),
    SslCertStoreType: choice('2', '4'),
    SslCertStorePassword: choice('+Geheim!4'),
    SslCertSubject: choice('*', 'Ann'),
    SslStartMode: choice('0', '1', '2', '3'),
    Timeout: choice('0', '5', '900'),
    FullyQualifiedDomainName: choice('n.example', 'm.example'),
  } satisfies Record<ElementName, unknown>)
  type Values = Readonly<Record<string, string | undefined>>
  const written = (elements: Values) =>
    xml(
      Object.entries(elements)
        .map(([name, value]) => (value === undefined ? '' : `<${name}>${value}</${name}>`))
        .join(''),
    )
  const rows = (keys: Values, site: string) =>
    KEYS.map((key) => ({ CustKey: key, Value: keys[key] ?? '', NVTGC: site }))

  it('is the same as an installation of that site alone', () => {
    const site = fc.record({ keys: keysOfSite, elements: fc.option(elementsOfSite, { nil: undefined }) })
    fc.assert(
      fc.property(site, site, site, (all, one, two) => {
        const text = Papa.unparse([...rows(all.keys, 'ILL'), ...rows(one.keys, 'ONE'), ...rows(two.keys, 'TWO')])
        const file = (name: string, elements: Values | undefined) => (elements ? { [name]: written(elements) } : {})
        const files = {
          ...file('SMTP.config', all.elements),
          ...file('ONE.config', one.elements),
          ...file('TWO.config', two.elements),
        }
        const imported = only(illiad.import({ text, files }))
        for (const [code, { keys, elements }] of Object.entries({ ILL: all, ONE: one, TWO: two })) {
          const alone = only(
            illiad.import({ text: Papa.unparse(rows(keys, '')), files: file('SMTP.config', elements ?? all.elements) }),
          )
          expect(acting(ofSite(imported, code))).toEqual(acting(alone.profile))
        }
        const { text: table, files: configs } = illiad.export!(imported, { secrets: true })
        const again = only(illiad.import({ text: table, files: configs }))
        expect(acting(again.profile)).toEqual(acting(imported.profile))
        for (const code of ['ILL', 'ONE', 'TWO']) {
          expect(acting(ofSite(again, code))).toEqual(acting(ofSite(imported, code)))
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** What has an effect. */
function acting(profile: Profile): Profile {
  const { credentials = {}, proxy = {} } = profile
  const used = credentials.enabled !== false
  return fromValues(
    [...valuesOf(profile)].filter(([path, value]) => {
      if (path === 'credentials.enabled') return false
      if (path === 'credentials.user' || path === 'credentials.password') return used
      if (path.startsWith('proxy.')) {
        if (proxy.type === 'none' || path === 'proxy.authentication') return false
        if (path === 'proxy.password' && proxy.type?.startsWith('socks4')) return false
        return proxy.authentication !== 'none' || (path !== 'proxy.user' && path !== 'proxy.password')
      }
      const nothing: Record<string, unknown> = {
        'relay.extensions': true,
        'headers.fieldsOnly': false,
        'timeouts.finalMs': 600_000,
        'credentials.allowCleartextAuth': false,
      }
      if (path === 'headers.fields') return (value as unknown[]).length > 0
      return !Object.hasOwn(nothing, path) || nothing[path] !== value
    }),
  )
}
