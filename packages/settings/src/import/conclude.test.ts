import { expect, it } from 'vitest'
import { concluded } from './conclude.js'
import type { ReportLine } from './import.js'
import { ProfileDraft } from './report.js'

const TERMS = { format: 'file', host: 'MailServer' }

function draftOf(values: readonly (readonly [string, unknown])[], report: ReportLine[] = []): ProfileDraft {
  const draft = new ProfileDraft(report)
  for (const value of values) draft.take({ entry: 'x' }, [value])
  return draft
}

it('calls a relay missing only when there is none', () => {
  expect(() => concluded(draftOf([]), TERMS)).toThrow(expect.objectContaining({ code: 'import.missing' }) as Error)
  const both = draftOf([
    ['relay.host', 'a.example'],
    ['transport', 'direct'],
  ])
  expect(() => concluded(both, TERMS)).toThrow(
    expect.objectContaining({
      code: 'import.format',
      message: expect.stringContaining('transport direct') as string,
    }) as Error,
  )
})

it('never gives back a profile that cannot be used', () => {
  class Stubborn extends ProfileDraft {
    override drop(): void {}
  }
  const draft = new Stubborn([])
  draft.take({ entry: 'x' }, [
    ['relay.host', 'a.example'],
    ['relay.port', 25],
    ['transport', 'lmtp'],
  ])
  expect(() => concluded(draft, TERMS)).toThrow(expect.objectContaining({ code: 'import.format' }) as Error)
})

it('lets tokens go in the clear where the source sends them so, and says that it is unsafe', () => {
  const report: ReportLine[] = []
  const draft = draftOf(
    [
      ['relay.host', 'a.example'],
      ['security', 'opportunistic'],
      ['credentials.user', 'u'],
      ['credentials.mechanism', 'XOAUTH2'],
      ['oauth2.provider', 'google'],
      ['oauth2.clientId', 'c'],
      ['oauth2.grant', 'refresh-token'],
      ['oauth2.refreshToken', 'Geheim'],
    ],
    report,
  )
  expect(concluded(draft, { ...TERMS, clearLogin: 'Who sends' }).credentials?.allowCleartextAuth).toBe(true)
  expect(report.at(-1)).toMatchObject({ entry: 'login without TLS', unsafe: true })
})
