import type { SettingProblem } from './check-profile.js'
import type { Profile } from './profile/profile.js'
import { valueAt } from './values.js'

/** What must hold between settings, each of which is fine by itself. */
type Rule = (profile: Profile) => SettingProblem | undefined

/** Everything that is wrong between settings. */
export function rulesBroken(profile: Profile): SettingProblem[] {
  return RULES.flatMap((rule) => rule(profile) ?? [])
}

const RULES: readonly Rule[] = [
  ({ transport = 'smtp', relay }) =>
    (transport === 'smtp' || transport === 'lmtp') && !relay?.host
      ? broken('relay.host', `is missing; the transport ${transport} needs it`, 'Give the name of the relay.')
      : undefined,
  ({ transport, relay }) =>
    transport === 'direct' && relay?.host
      ? broken('relay.host', 'has no place with the transport direct', 'Leave it out, or use the transport smtp.')
      : undefined,
  ({ transport, spool }) =>
    transport === 'spool' && spool?.directory === undefined
      ? broken('spool.directory', 'is missing; the transport spool needs it', 'Give the folder messages are queued in.')
      : undefined,
  ({ transport, relay }) =>
    transport === 'lmtp' && relay?.port === 25
      ? broken('relay.port', 'must not be 25 with LMTP (RFC 2033 5)', 'LMTP has no port of its own; 24 is usual.')
      : undefined,
  ({ transport, api }) =>
    transport === 'ews' && !api?.url
      ? broken('api.url', 'is missing; the transport ews needs it', 'Give https://mail.example.com/EWS/Exchange.asmx.')
      : undefined,
  beside('credentials.accessToken', 'credentials.password'),
  ({ credentials }) =>
    credentials?.password !== undefined && credentials.user === undefined && credentials.enabled !== false
      ? broken('credentials.user', 'is missing beside the password', 'Give the name that logs in.')
      : undefined,
  ({ credentials, oauth2 }) =>
    credentials?.user !== undefined &&
    credentials.enabled !== false &&
    credentials.password === undefined &&
    credentials.accessToken === undefined &&
    credentials.mechanism === undefined &&
    oauth2 === undefined
      ? broken(
          'credentials.password',
          'is missing beside the user',
          'Give it as env:NAME, file:PATH or vault:NAME, set up oauth2, or leave the user out.',
        )
      : undefined,
  ({ proxy }) =>
    proxy?.type !== undefined && isProxyKind(proxy.type) && proxy.host === undefined
      ? broken('proxy.host', 'is missing beside the type', 'Give the name of the proxy, or leave the type out.')
      : undefined,
  ({ attachments }) =>
    attachments?.files === 'below' && attachments.basePath === undefined
      ? broken('attachments.basePath', 'is missing', 'Give the folder attachments may come from.')
      : undefined,
  ({ logging }) =>
    logging?.destinations?.includes('file') && logging.file?.path === undefined
      ? broken('logging.file.path', 'is missing', 'Give the log file, or leave `file` out of the destinations.')
      : undefined,
  ({ smime }) =>
    smime?.sign?.enabled && !namesCertificate(smime.sign.certificate ?? {})
      ? broken('smime.sign.certificate.source', 'is missing', 'Give the certificate with its key, or do not sign.')
      : undefined,
  ({ smime }) =>
    smime?.encrypt?.enabled && !smime.encrypt.certificates?.length
      ? broken(
          'smime.encrypt.certificates',
          'is missing',
          'Give the certificates of the recipients, or do not encrypt.',
        )
      : undefined,
  ({ delivery }) =>
    delivery?.dsn?.notify?.includes('never') && delivery.dsn.notify.length > 1
      ? broken('delivery.dsn.notify', '`never` stands alone (RFC 3461 4.1)', 'Leave the others out.')
      : undefined,
  ({ limits }) =>
    limits?.rate !== undefined && (limits.rate.messages === undefined) !== (limits.rate.perMs === undefined)
      ? broken('limits.rate', 'needs both messages and perMs', 'Give both, or neither.')
      : undefined,
  ({ tls }) =>
    tls?.minVersion !== undefined && tls.maxVersion !== undefined && tls.minVersion > tls.maxVersion
      ? broken('tls.minVersion', 'is newer than tls.maxVersion', 'Correct one of them.')
      : undefined,
]

/** A store, or a certificate and its key beside each other. */
const namesCertificate = ({ source, key, certificate }: { source?: unknown; key?: unknown; certificate?: unknown }) =>
  source !== undefined || (key !== undefined && certificate !== undefined)

const isProxyKind = (type: string) => !['none', 'environment', 'system'].includes(type)

function beside(path: string, other: string): Rule {
  return (profile) =>
    valueAt(profile, path) !== undefined && valueAt(profile, other) !== undefined
      ? broken(path, `stands beside ${other}`, 'Leave one of them out.')
      : undefined
}

function broken(path: string, problem: string, fix: string): SettingProblem {
  return { path, kind: 'rule', problem, fix }
}
