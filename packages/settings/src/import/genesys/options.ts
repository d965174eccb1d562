// The table of the options of a smtp-client section; pure data but for what reads a value.
import type { SettingValue } from '../../values.js'
import { genesysDuration } from './duration.js'
import { bare, isGoogle, isTrue, transportOf, type GenesysMode } from './mode.js'

/** When Genesys takes a change of an option over. */
export type ChangeClass =
  | 'At start/restart'
  | 'At restart'
  | 'Immediately'
  | 'At the next cycle'
  | 'At the next POP cycle'
  | 'See the description'

/** What a value becomes. */
export interface Reading {
  readonly settings: readonly SettingValue[]
  readonly changed?: boolean | undefined
  readonly note?: string | undefined
}

/** What is wrong with a value, and what to write instead; never with the value. */
export interface Unfit {
  readonly problem: string
  readonly fix: string
}

export interface OptionFacts {
  readonly takesEffect: ChangeClass
  /** What Genesys does when it is not written; undefined: nothing. */
  readonly default?: string | undefined
  /** Why it has no effect in a mode. */
  readonly unused?: ((mode: GenesysMode) => string | undefined) | undefined
  readonly read: (text: string, mode: GenesysMode, written: boolean) => Reading | Unfit
}

const SMTP_ONLY = 'it counts for server-type SMTP only'
const smtpOnly = ({ transport }: GenesysMode) => (transport === 'smtp' ? undefined : SMTP_ONLY)
const withTokens = ({ transport, tokens }: GenesysMode) =>
  tokens === undefined
    ? `it counts only with mail.${transport}.auth.mechanisms = XOAUTH2 or server-type GRAPH`
    : undefined
const withMicrosoft = (mode: GenesysMode) =>
  withTokens(mode) ?? (mode.tokens === 'google' ? 'it counts for tokens of Microsoft only' : undefined)

export const MICROSOFT_AUTHORITY = 'https://login.microsoftonline.com'
const OUTLOOK_SCOPE = 'https://outlook.office.com/.default'
const GRAPH_SCOPE = 'https://graph.microsoft.com/.default'

/** The options that are documented, by name in small letters. */
export const OPTIONS: ReadonlyMap<string, OptionFacts> = new Map<string, OptionFacts>([
  [
    'server-type',
    {
      takesEffect: 'At the next cycle',
      default: 'SMTP',
      read: (text) => {
        const transport = transportOf(text)
        if (!transport) return unfit('is none of SMTP, EWS and GRAPH')
        return { settings: [['transport', transport]] }
      },
    },
  ],
  [
    'server',
    {
      takesEffect: 'Immediately',
      unused: ({ transport }) => (transport === 'graph' ? 'Graph has an address of its own' : undefined),
      read: (text, { transport }) => {
        if (transport === 'smtp') return { settings: [['relay.host', text]] }
        if (!/^https?:\/\/[^\s/?#]+\/(?:[^\s?#]*\/)?ews\/exchange\.asmx$/i.test(text)) {
          return unfit(
            'is no address of Exchange Web Services, which server-type EWS needs',
            'Write https://mail.example.com/EWS/Exchange.asmx instead of a host name.',
          )
        }
        return { settings: [['api.url', text]] }
      },
    },
  ],
  [
    'port',
    {
      takesEffect: 'Immediately',
      default: '25',
      unused: ({ transport }) => (transport === 'smtp' ? undefined : 'the address of the service says the port'),
      read: (text) => whole(text, 1, 65_535, 'relay.port'),
    },
  ],
  [
    'smtp-connection-security',
    {
      takesEffect: 'At restart',
      default: 'none',
      unused: smtpOnly,
      read: (text) => {
        const security = SECURITY.get(bare(text).toLowerCase())
        if (security === undefined) return unfit(`is none of ${[...SECURITY.keys()].join(', ')}`)
        return { settings: [['security', security]], note: SECURITY_NOTES.get(security) }
      },
    },
  ],
  [
    'enable-authentication',
    {
      takesEffect: 'Immediately',
      default: 'false',
      unused: ({ transport }) => (transport === 'graph' ? 'Graph is never used without a login' : undefined),
      read: (text) => {
        const enabled = isTrue(text)
        if (enabled === undefined) return unfit(NOT_BOOLEAN)
        const note = enabled ? undefined : 'there is no login; what is set for one is kept and not used'
        return { settings: [['credentials.enabled', enabled]], note }
      },
    },
  ],
  [
    'user',
    {
      takesEffect: 'Immediately',
      read: (text, { transport, tokens, grant }) => {
        if (transport === 'graph') return { settings: [['api.mailbox', text]], note: 'the mailbox that sends' }
        if (tokens === undefined || grant !== 'password') return { settings: [['credentials.user', text]] }
        return {
          settings: [
            ['credentials.user', text],
            ['oauth2.user', text],
          ],
        }
      },
    },
  ],
  ['password', { takesEffect: 'At start/restart', read: readPassword }],
  [
    'client-id',
    {
      takesEffect: 'At start/restart',
      unused: withTokens,
      read: (text) => ({ settings: [['oauth2.clientId', text]] }),
    },
  ],
  [
    'directory-id',
    {
      takesEffect: 'At start/restart',
      unused: withMicrosoft,
      read: (text) =>
        /^[A-Za-z0-9][A-Za-z0-9.-]{0,254}$/.test(text)
          ? { settings: [['oauth2.tenant', text]] }
          : unfit(
              'is no id or domain of a directory',
              'Write the "Directory (tenant) ID" of the registered application.',
            ),
    },
  ],
  [
    'tenant-authority',
    {
      takesEffect: 'At start/restart',
      default: MICROSOFT_AUTHORITY,
      unused: withTokens,
      read: (text, { transport }) => {
        if (!isGoogle(text)) {
          return {
            settings: [
              ['oauth2.provider', 'microsoft'],
              ['oauth2.authority', text],
            ],
          }
        }
        if (transport !== 'smtp')
          return unfit(`names Google, whose tokens serve server-type SMTP only`, `Write ${MICROSOFT_AUTHORITY}.`)
        return { settings: [['oauth2.provider', 'google']] }
      },
    },
  ],
  [
    'scope',
    {
      takesEffect: 'At start/restart',
      default: OUTLOOK_SCOPE,
      unused: withMicrosoft,
      read: (text, { transport }, written) => {
        if (transport !== 'graph') return { settings: [['oauth2.scope', text]] }
        if (!written)
          return {
            settings: [['oauth2.scope', GRAPH_SCOPE]],
            note: `the default ${OUTLOOK_SCOPE} does not serve Graph`,
          }
        const outlook = /outlook\.office/i.test(text)
        return {
          settings: [['oauth2.scope', text]],
          note: outlook ? `a token for Outlook does not serve Graph; set oauth2.scope to ${GRAPH_SCOPE}` : undefined,
        }
      },
    },
  ],
  [
    'grant-type',
    {
      takesEffect: 'At start/restart',
      unused: withTokens,
      read: (text, { grant }) => {
        const said = text.toLowerCase().replaceAll('_', '-')
        return {
          settings: [['oauth2.grant', grant]],
          changed: said !== grant,
          note: said === grant ? undefined : `what stands in the option password is for the grant ${grant}`,
        }
      },
    },
  ],
  [
    'token-expiry-margin-time',
    {
      takesEffect: 'See the description',
      default: '00:00:10',
      unused: ({ transport, tokens }) =>
        tokens === undefined || transport === 'graph'
          ? `it counts only with mail.${transport === 'graph' ? '<server-type>' : transport}.auth.mechanisms = XOAUTH2`
          : undefined,
      read: (text, { transport }) => {
        const margin =
          transport === 'smtp' ? ['pool.tokenMarginMs', 'oauth2.expiryMarginMs'] : ['oauth2.expiryMarginMs']
        const tooLong = (genesysDuration(text)?.milliseconds ?? 0) >= 3_600_000
        return tooLong ? unfit('is not less than an hour') : duration(text, margin)
      },
    },
  ],
  [
    'allow-delegate',
    {
      takesEffect: 'At start/restart',
      default: 'false',
      unused: ({ transport }) => (transport === 'graph' ? undefined : 'it counts for server-type GRAPH only'),
      read: (text) => {
        const allowed = isTrue(text)
        return allowed === undefined ? unfit(NOT_BOOLEAN) : { settings: [['api.allowDelegate', allowed]] }
      },
    },
  ],
  [
    'exchange-version',
    {
      takesEffect: 'At the next POP cycle',
      default: 'Exchange2010',
      unused: ({ transport }) => (transport === 'ews' ? undefined : 'it counts for server-type EWS only'),
      read: (text) => {
        const [version, note] = VERSIONS.get(bare(text).toLowerCase()) ?? []
        if (version === undefined)
          return unfit('is no version of Exchange that is known', 'Write Exchange2016, or nothing.')
        return { settings: [['api.ewsVersion', version]], changed: note !== undefined, note }
      },
    },
  ],
  [
    'cnx-pool-size',
    {
      takesEffect: 'At start/restart',
      default: '10',
      unused: smtpOnly,
      read: (text) => whole(text, 1, 10_000, 'pool.maxConnections'),
    },
  ],
  [
    'cnx-check-idle-time',
    {
      takesEffect: 'At start/restart',
      default: '00:00:30',
      unused: smtpOnly,
      read: (text) => duration(text, ['pool.probeIdleMs'], true),
    },
  ],
  [
    'cnx-max-idle-time',
    {
      takesEffect: 'At start/restart',
      default: '00:05:00',
      unused: smtpOnly,
      read: (text) => duration(text, ['pool.maxIdleMs']),
    },
  ],
  [
    'connect-timeout',
    {
      takesEffect: 'Immediately',
      default: '00:05:00',
      read: (text, _, written) => {
        const reading = duration(text, ['timeouts.connectMs'])
        if ('problem' in reading || !written) return reading
        const old = 'marked as discontinued from 8.5.205.03, and still described as in force'
        return { ...reading, note: reading.note === undefined ? old : `${reading.note}; ${old}` }
      },
    },
  ],
  [
    'protocol-timeout',
    {
      takesEffect: 'Immediately',
      default: '00:05:00',
      read: (text, { transport }) =>
        duration(text, transport === 'smtp' ? ['timeouts.idleMs', 'timeouts.finalMs'] : ['timeouts.idleMs']),
    },
  ],
  [
    'enable-debug',
    {
      takesEffect: 'Immediately',
      read: (text) => {
        const debug = isTrue(text)
        if (debug === undefined) return unfit(NOT_BOOLEAN)
        if (!debug) return { settings: [], note: 'nothing is logged unless it is asked for' }
        return {
          settings: [
            ['logging.level', 'debug'],
            ['logging.destinations', ['stderr']],
          ],
          changed: true,
          note: 'the dialogue is logged, to the standard error output; passwords are masked, which Genesys shows',
        }
      },
    },
  ],
])

const NOT_BOOLEAN = 'is neither true nor false'

const SECURITY = new Map([
  ['none', 'none'],
  ['start-tls', 'opportunistic'],
  ['start-tls-required', 'starttls'],
  ['ssl-tls', 'implicit'],
])
const SECURITY_NOTES = new Map([
  ['none', 'everything goes in the clear'],
  ['opportunistic', 'anyone on the way can take STARTTLS away; start-tls-required is starttls'],
])

/** RequestServerVersion of the EWS schema, and why it is another name than that of Genesys. */
const VERSIONS = new Map<string, readonly [version: string, note?: string]>([
  ['', ['none']],
  ['exchange2010', ['Exchange2010']],
  ['exchange2010_sp1', ['Exchange2010_SP1']],
  ['exchange2010_sp2', ['Exchange2010_SP2']],
  ['exchange2010_sp3', ['Exchange2010_SP2', 'the schema has no SP3; that of SP2 is the newest of 2010']],
  ['exchange2013', ['Exchange2013']],
  ['exchange2016', ['Exchange2016']],
  ['office365', ['Exchange2016', 'the newest version of the schema']],
])

function readPassword(text: string, { tokens, grant }: GenesysMode): Reading {
  const hidden = /^[*•●]+$/.test(text) ? 'looks like the mask of an export; set the real one' : undefined
  const is = (setting: string, meaning?: string): Reading => ({
    settings: [[setting, text]],
    note: [meaning, hidden].filter((each) => each !== undefined).join('; ') || undefined,
  })
  if (tokens === undefined) return is('credentials.password')
  if (grant === 'refresh-token') return is('oauth2.refreshToken', 'it is the refresh token of the account')
  if (grant === 'client-credentials') return is('oauth2.clientSecret', 'it is the secret of the application')
  return is('oauth2.password', 'it is the password of the mailbox, for the token request')
}

function duration(text: string, settings: readonly string[], zero = false): Reading | Unfit {
  const read = genesysDuration(text)
  if (!read) return unfit('is no time in hh:mm:ss', 'Write it with two digits each, such as 00:05:00.')
  if (read.milliseconds === 0 && !zero)
    return unfit('is zero, which only cnx-check-idle-time may be', 'Write a time, such as 00:05:00.')
  return {
    settings: settings.map((setting) => [setting, read.milliseconds]),
    changed: read.cut,
    note: read.cut ? 'cut to 24 days, the longest time there is' : undefined,
  }
}

function whole(text: string, least: number, most: number, setting: string): Reading | Unfit {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= least && number <= most)) return unfit(`is no whole number from ${least} to ${most}`)
  return { settings: [[setting, number]] }
}

function unfit(problem: string, fix = 'Correct the option and import again.'): Unfit {
  return { problem, fix }
}
