import { describe, expect, it } from 'vitest'
import { google } from './google.js'
import { microsoft } from './microsoft.js'
import { providerForAuthority } from './provider-for-authority.js'

describe('microsoft', () => {
  it('[part of genesys.option.directory-id] has the tenant in its addresses', () => {
    expect(microsoft({ tenant: 'contoso.onmicrosoft.com' })).toMatchObject({
      tokenUrl: 'https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token',
      authorizationUrl: 'https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/authorize',
      deviceAuthorizationUrl: 'https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/devicecode',
      scopes: {
        application: 'https://outlook.office365.com/.default',
        delegated: 'https://outlook.office.com/SMTP.Send offline_access',
      },
    })
    for (const tenant of ['', 'a/b', '..', 'a?b'])
      expect(() => microsoft({ tenant })).toThrow(
        expect.objectContaining({ code: 'oauth2.settings', field: 'tenant' }) as Error,
      )
  })

  it.each([
    ['ews', 'https://outlook.office365.com/.default', 'https://outlook.office.com/EWS.AccessAsUser.All offline_access'],
    ['graph', 'https://graph.microsoft.com/.default', 'https://graph.microsoft.com/Mail.Send offline_access'],
  ] as const)('asks for the scopes of %s', (use, application, delegated) => {
    expect(microsoft({ tenant: 't', use }).scopes).toMatchObject({ application, delegated })
  })

  it.each([
    ['https://login.microsoftonline.us/', 'https://graph.microsoft.us/.default'],
    ['https://login.chinacloudapi.cn', 'https://microsoftgraph.chinacloudapi.cn/.default'],
    ['https://login.partner.microsoftonline.cn', 'https://microsoftgraph.chinacloudapi.cn/.default'],
    ['https://own.example/base', 'https://graph.microsoft.com/.default'],
  ])('knows the cloud of %s', (authority, application) => {
    const provider = microsoft({ tenant: 't', authority, use: 'graph' })
    expect(provider.tokenUrl).toBe(`${authority.replace(/\/$/, '')}/t/oauth2/v2.0/token`)
    expect(provider.scopes?.application).toBe(application)
  })

  it('takes no authority in the clear', () => {
    const options = { tenant: 't', authority: 'http://login.example.test' }
    expect(() => microsoft(options)).toThrow(expect.objectContaining({ field: 'authority' }) as Error)
  })
})

describe('providerForAuthority', () => {
  it.each(['GoogleX', 'https://accounts.google.com', 'googleapis'])(
    '[part of genesys.option.tenant-authority] takes %s for Google, without a tenant',
    (authority) => {
      expect(providerForAuthority(authority)).toEqual(google())
    },
  )

  it('takes anything else for the base of Microsoft’s addresses, which need a tenant', () => {
    expect(providerForAuthority('https://login.example.test', { tenant: 'dir' }).tokenUrl).toBe(
      'https://login.example.test/dir/oauth2/v2.0/token',
    )
    expect(providerForAuthority(undefined, { tenant: 'dir' })).toEqual(microsoft({ tenant: 'dir' }))
    expect(() => providerForAuthority(undefined)).toThrow(/tenant/)
  })
})
