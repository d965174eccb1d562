import { SettingsError } from '@posthorn/ground'
import { endpointUrl } from './endpoint-url.js'
import type { MailUse, Provider } from './provider.js'

/** Where Microsoft is asked. */
export interface MicrosoftOptions {
  /** The directory: its id, one of its domains, or `organizations`, `common`, `consumers` (for sign-in by people only). */
  readonly tenant: string
  /** The base of the addresses. Default https://login.microsoftonline.com; `.us` and `.chinacloudapi.cn` are the sovereign clouds. */
  readonly authority?: string | undefined
  /** What the token is for; default `smtp`. It decides the scopes, which `scope` of the settings overrules. */
  readonly use?: MailUse | undefined
}

interface Cloud {
  /** Resource of application tokens for SMTP and EWS. */
  readonly exchange: string
  /** Resource of delegated permissions for SMTP. */
  readonly outlook: string
  readonly graph: string
}

const WORLD: Cloud = {
  exchange: 'https://outlook.office365.com',
  outlook: 'https://outlook.office.com',
  graph: 'https://graph.microsoft.com',
}

const CLOUDS: Readonly<Record<string, Cloud>> = {
  'login.microsoftonline.us': {
    exchange: 'https://outlook.office365.us',
    outlook: 'https://outlook.office365.us',
    graph: 'https://graph.microsoft.us',
  },
  'login.chinacloudapi.cn': {
    exchange: 'https://partner.outlook.cn',
    outlook: 'https://partner.outlook.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
  },
}
const USES: readonly MailUse[] = ['smtp', 'ews', 'graph']
const CHINA_ALIAS = 'login.partner.microsoftonline.cn'

/**
 * Microsoft Entra ID (version 2.0 endpoints).
 * @throws {SettingsError} `oauth2.settings` without a tenant, with a `use` that is not known, or for an authority that is no https address
 */
export function microsoft({ tenant, authority, use = 'smtp' }: MicrosoftOptions): Provider {
  // what would end the path segment, or climb out of it
  if (typeof tenant !== 'string' || !/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,254})$/.test(tenant)) {
    throw new SettingsError('oauth2.settings', 'tenant', 'is missing, or is no directory id or domain', {
      hint: 'Give the "Directory (tenant) ID" of the app registration, or a domain of the organisation.',
    })
  }
  if (!USES.includes(use)) {
    throw new SettingsError('oauth2.settings', 'use', 'is not known', { hint: `Use one of ${USES.join(', ')}.` })
  }
  const base = endpointUrl('authority', authority ?? 'https://login.microsoftonline.com')
  base.search = ''
  const root = `${base.href.replace(/\/+$/, '')}/${tenant}`
  const host = base.hostname === CHINA_ALIAS ? 'login.chinacloudapi.cn' : base.hostname
  const cloud = CLOUDS[host] ?? WORLD
  const delegated = `${delegatedPermission(cloud, use)} offline_access`
  return {
    tokenUrl: `${root}/oauth2/v2.0/token`,
    authorizationUrl: `${root}/oauth2/v2.0/authorize`,
    deviceAuthorizationUrl: `${root}/oauth2/v2.0/devicecode`,
    scopes: {
      application: `${use === 'graph' ? cloud.graph : cloud.exchange}/.default`,
      delegated,
      refresh: delegated, // one refresh token serves several resources: the scope says which
    },
    clientSecretMethod: 'post',
    assertionAlgorithm: 'PS256',
    assertionAudience: `${root}/oauth2/v2.0/token`,
    redirectHost: 'localhost', // registered without a port it matches any; 127.0.0.1 cannot be registered in the portal
  }
}

function delegatedPermission(cloud: Cloud, use: MailUse): string {
  if (use === 'graph') return `${cloud.graph}/Mail.Send`
  return use === 'ews' ? `${cloud.outlook}/EWS.AccessAsUser.All` : `${cloud.outlook}/SMTP.Send`
}
