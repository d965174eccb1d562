import { readFileSync } from 'node:fs'
import { SettingsError } from '@posthorn/ground/portable'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import { layered } from '../../layers.js'
import type { Import } from '../import.js'
import { illiad } from './illiad.js'

const SAMPLES = new URL('../../../test/samples/illiad/', import.meta.url)
const sample = (name: string) => readFileSync(new URL(name, SAMPLES), 'utf8')

const BASE = 'EMailSMTPServer=smtp.example.edu\nEMailFromAddress=ill@example.edu\n'
const linesOf = ({ report }: Import, entry: string) => report.filter((line) => line.entry === entry)

describe('the samples', () => {
  const keys = sample('keys.csv')

  it('with all elements: no proxy, no certificates, 120 seconds, a greeting name, two warnings [illiad.example.full-file] [part of illiad.file.SMTP.config]', () => {
    const result = illiad.import({ text: BASE, files: { 'SMTP.config': sample('full-smtp.config') } })
    expect(result.profiles).toEqual([
      {
        name: 'illiad',
        profile: {
          relay: { host: 'smtp.example.edu', port: 25, extensions: true },
          security: 'none',
          sender: { from: 'ill@example.edu' },
          identity: { localName: 'mydomain.com' },
          timeouts: { connectMs: 120_000, idleMs: 120_000, totalMs: 0 },
        },
      },
    ])
    expect(linesOf(result, 'FirewallHost')[0]?.note).toContain('FirewallType is fwNone')
    expect(linesOf(result, 'SslCertStore')[0]?.note).toContain('the Windows store it names')
    expect(
      result.report.filter(({ verdict, file }) => file && ['lost', 'unknown', 'changed'].includes(verdict)),
    ).toEqual([])
  })

  it('with the greeting name alone: everything else as without the file [illiad.example.fqdn-only] [part of illiad.file.SMTP.config]', () => {
    const result = illiad.import({ text: BASE, files: { 'SMTP.config': sample('fqdn-only.config') } })
    expect(result.profiles[0]?.profile).toEqual({
      ...illiad.import({ text: BASE }).profiles[0]?.profile,
      identity: { localName: 'mydomain.com' },
    })
    expect(result.report.filter(({ file }) => file)).toMatchObject([
      { verdict: 'taken', entry: 'FullyQualifiedDomainName' },
    ])
  })

  it('are recognised, whichever file is named, and give the same profile', () => {
    const config = sample('full-smtp.config')
    for (const text of [keys, sample('keys.txt'), sample('shared-server.csv'), config, sample('everything.config')]) {
      expect(illiad.recognises({ text })).toBe(true)
    }
    for (const text of ['', 'a=b', '<a/>', 'host smtp.example.com', '{"host":"x"}', 'CustKey']) {
      expect(illiad.recognises({ text })).toBe(false)
    }
    const byKeys = illiad.import({
      text: keys,
      name: '/x/keys.csv',
      files: { 'SMTP.config': config, 'a.txt': 'hello', 'keys.csv': keys },
    })
    const byConfig = illiad.import({
      text: config,
      name: 'C:\\x\\SMTP.config',
      files: { 'keys.csv': keys, 'a.txt': 'hello', 'web.config': '<configuration/>' },
    })
    expect(byConfig.profiles).toEqual(byKeys.profiles)
    expect(linesOf(byConfig, 'web.config')).toMatchObject([{ verdict: 'ignored' }])
    expect(() => illiad.import({ text: config, files: { 'a.csv': keys, 'b.csv': keys } })).toThrow(/^a\.csv, b\.csv: /)
  })

  it('say something of every entry, and never a password', () => {
    const result = illiad.import({
      text: keys,
      name: 'keys.csv',
      files: { 'SMTP.config': sample('everything.config') },
    })
    const lines = result.report.filter(({ file }) => file === 'keys.csv').map(({ line }) => line)
    expect([...new Set(lines)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    const elements = [...sample('everything.config').matchAll(/<\/(\w+)>/g)]
      .map(([, name]) => name!)
      .filter((name) => name !== 'MailSettings')
    for (const name of elements) expect(linesOf(result, name)).toHaveLength(1)
    expect(JSON.stringify(result.report)).not.toContain('Geheim')
  })

  it('stay import errors or valid profiles however they are damaged, without a word of the passwords', () => {
    const names = ['keys.csv', 'keys.txt', 'shared-server.csv', 'everything.config', 'full-smtp.config']
    const piece = fc.oneof(
      fc.constantFrom('"', '<', '>', '&', '\n', ',', '=', '\0', '[', ';', '</MailSettings>', '<!--'),
      fc.string({ maxLength: 3 }),
    )
    const damage = fc.array(fc.record({ at: fc.nat(2000), cut: fc.nat(5), piece }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom(...names), damage, (name, damages) => {
        let text = sample(name)
        for (const { at, cut, piece: put } of damages) {
          const place = at % text.length
          text = text.slice(0, place) + put + text.slice(place + cut)
        }
        const isXml = name.endsWith('.config')
        const source = isXml
          ? { text: keys, files: { 'SMTP.config': text } }
          : { text, files: { 'SMTP.config': sample('full-smtp.config') } }
        try {
          const { profiles, report } = illiad.import(source)
          expect(JSON.stringify(report)).not.toContain('Geheim')
          const [{ profile, sites = {} }] = profiles as [Import['profiles'][0]]
          checkProfile(profile)
          for (const [site, values] of Object.entries(sites)) {
            layered([
              { origin: 'file', place: 'file', values: profile },
              { origin: 'site', place: site, values },
            ])
          }
        } catch (error) {
          if (!(error instanceof SettingsError)) throw error
          expect(error.code).toMatch(/^import\.(?:format|missing)$/)
          expect(`${error.message} ${error.hint}`).not.toContain('Geheim')
        }
      }),
      { numRuns: 400 },
    )
  })
})
