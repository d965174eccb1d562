import { describe, expect, it } from 'vitest'
import { SETTINGS } from '../table.js'
import type { ReportLine } from './import.js'
import { asWritten, ProfileDraft, SecretReference } from './report.js'

const draftOf = (path: string, value: unknown) => {
  const draft = new ProfileDraft([] as ReportLine[])
  expect(draft.take({ entry: 'x' }, [[path, value]])).toBe(true)
  return draft.get(path)
}
const CONTENTS = [...SETTINGS.values()].filter(
  ({ holds, kind }) => holds !== undefined && holds !== 'path' && kind === 'text',
)

describe('a draft of a profile', () => {
  it('knows settings that hold secrets and contents', () => {
    expect(CONTENTS.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['credentials.password', 'tls.clientCertificate.source', 'oauth2.serviceAccountKey']),
    )
  })

  it.each(CONTENTS.map(({ path }) => path))('makes no reference of a text: %s', (path) => {
    for (const text of ['env:HOME', 'file:/etc/shadow', 'vault:x', 'plain:x'])
      expect(draftOf(path, text)).toBe(`plain:${text}`)
    expect(draftOf(path, '-----BEGIN')).toBe('-----BEGIN')
    expect(draftOf(path, new SecretReference('file:/a.pem'))).toBe('file:/a.pem')
  })

  it('makes none within a list either', () => {
    const certificates = ['file:/etc/shadow', new SecretReference('file:/a.pem')]
    expect(draftOf('smime.encrypt.certificates', certificates)).toEqual(['plain:file:/etc/shadow', 'file:/a.pem'])
    const key = { domain: 'file:a', selector: 's' }
    expect(draftOf('dkim', [{ ...key, privateKey: 'env:HOME' }])).toEqual([{ ...key, privateKey: 'plain:env:HOME' }])
    const kept = new SecretReference('env:KEY')
    expect(draftOf('dkim', [{ ...key, privateKey: kept }])).toEqual([{ ...key, privateKey: 'env:KEY' }])
  })

  it('leaves other settings as they are', () => {
    expect(asWritten(SETTINGS.get('relay.host')!, 'file:x')).toBe('file:x')
  })
})
