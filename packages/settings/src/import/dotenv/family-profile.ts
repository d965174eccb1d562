import { readMailbox } from '../named-mailbox.js'
import { SecretReference, type Place, type ProfileDraft } from '../report.js'
import { splitUrl } from '../url/split-url.js'
import type { EnvEntry } from './env-file.js'
import { SECURITY_ROLES, takeSecurity, truth } from './family-security.js'
import type { Family, Reader, Role } from './variable-role.js'

/** Ports the readers use when none is written. */
const PORTS: Readonly<Record<Reader, number | undefined>> = {
  laravel: 2525,
  django: 25,
  rails: 25,
  nextauth: undefined,
  unknown: undefined,
}

const NAMES: Readonly<Record<Reader, string | undefined>> = {
  laravel: 'Laravel',
  django: 'Django',
  rails: 'Rails',
  nextauth: 'Nodemailer',
  unknown: undefined,
}

/** Who would send a password in the clear, for `concluded`. */
export function clearLoginOf(reader: Reader): string {
  return NAMES[reader] ?? 'the program that reads this file'
}

/** A value that stands for nothing: Laravel writes `null`. */
export function isEmpty({ value, variable }: EnvEntry): boolean {
  return variable === undefined && /^(?:|null|\(null\)|\(empty\)|empty)$/i.test(value.trim())
}

/** The secret of a variable, or the name of the variable that it is taken from. */
export function secretOf({ value, variable }: EnvEntry): string | SecretReference {
  return variable === undefined ? value : new SecretReference(`env:${variable}`)
}

/** Takes the variables of one family over. */
export function takeFamily(
  draft: ProfileDraft,
  { host }: Family,
  reader: Reader,
  entries: ReadonlyMap<Role, EnvEntry>,
  place: (entry: EnvEntry) => Place,
): void {
  const take = (role: Role, setting: string, of: (value: string) => unknown = (value) => value) => {
    const entry = entries.get(role)
    if (!entry) return
    if (isEmpty(entry)) draft.say(place(entry), 'ignored', 'it is empty, which stands for nothing')
    else if (entry.variable !== undefined)
      draft.say(place(entry), 'lost', `it stands in the variable ${entry.variable}, which is not in the file`)
    else draft.take(place(entry), [[setting, of(entry.value.trim())]])
  }
  take('host', 'relay.host')
  if (!draft.has('relay.host') && host !== undefined)
    draft.take({ entry: 'host' }, [['relay.host', host]], 'defaulted', 'it is the relay of this provider')
  take('port', 'relay.port', numberOf)
  const port = PORTS[reader]
  if (!draft.has('relay.port') && port !== undefined)
    draft.take({ entry: 'port' }, [['relay.port', port]], 'defaulted', `${NAMES[reader]} uses ${port} then`)
  takeSecurity(draft, entries, reader, place)
  take('user', 'credentials.user')
  takePassword(draft, entries.get('password'), place)
  takeMechanism(draft, entries.get('mechanism'), place)
  takeFrom(draft, entries, place)
  take('replyTo', 'sender.replyTo')
  take('returnPath', 'sender.returnPath')
  take('localName', 'identity.localName')
  take('ca', 'tls.ca', (value) => (value.startsWith('-----BEGIN') ? value : new SecretReference(`file:${value}`)))
  takeVerification(draft, entries, place)
  takeTimeouts(draft, entries, reader, place)
  takeTransport(draft, entries.get('transport'), place)
  takeProxy(draft, entries.get('proxy'), place)
}

/** Every role `takeFamily` looks after. */
export const TAKEN_ROLES: ReadonlySet<Role> = new Set<Role>([
  ...SECURITY_ROLES,
  ...([
    'host',
    'port',
    'user',
    'password',
    'mechanism',
    'from',
    'fromName',
    'replyTo',
    'returnPath',
    'localName',
    'ca',
  ] as const),
  ...(['verify', 'insecure', 'timeout', 'openTimeout', 'readTimeout', 'transport', 'proxy'] as const),
])

type PlaceOf = (entry: EnvEntry) => Place

function takePassword(draft: ProfileDraft, entry: EnvEntry | undefined, place: PlaceOf): void {
  if (!entry) return
  if (isEmpty(entry)) draft.say(place(entry), 'ignored', 'it is empty, which stands for nothing')
  else
    draft.take(
      place(entry),
      [['credentials.password', secretOf(entry)]],
      entry.variable === undefined ? 'taken' : 'changed',
    )
}

function takeMechanism(draft: ProfileDraft, entry: EnvEntry | undefined, place: PlaceOf): void {
  if (!entry) return
  const word = entry.value.trim().replaceAll('_', '-').toUpperCase()
  if (isEmpty(entry) || word === 'NONE' || truth(word) === false) {
    const login = draft.has('credentials.user') || draft.has('credentials.password')
    if (login && !isEmpty(entry)) draft.take(place(entry), [['credentials.enabled', false]])
    else draft.say(place(entry), 'ignored', 'there is no mechanism in it')
  } else if (truth(word) === true) draft.say(place(entry), 'taken', 'the mechanism is chosen among those offered')
  else if (/^(?:PLAIN|LOGIN|CRAM-MD5|DIGEST-MD5|NTLM|XOAUTH2|OAUTHBEARER|SCRAM-SHA-(?:1|256|512))$/.test(word))
    draft.take(place(entry), [['credentials.mechanism', word]])
  else draft.say(place(entry), 'lost', 'this mechanism is not known')
}

function takeFrom(draft: ProfileDraft, entries: ReadonlyMap<Role, EnvEntry>, place: PlaceOf): void {
  const from = entries.get('from')
  const name = entries.get('fromName')
  if (from) {
    const read = isEmpty(from) ? undefined : readMailbox(from.value)
    if (isEmpty(from)) draft.say(place(from), 'ignored', 'it is empty, which stands for nothing')
    else if (!read) draft.say(place(from), 'lost', 'it is not one mailbox')
    else
      draft.take(place(from), [
        ['sender.from', read.mailbox],
        ...(read.name ? [['sender.name', read.name] as const] : []),
      ])
  }
  if (!name) return
  if (isEmpty(name)) draft.say(place(name), 'ignored', 'it is empty, which stands for nothing')
  else draft.take(place(name), [['sender.name', name.value.trim()]])
}

function takeVerification(draft: ProfileDraft, entries: ReadonlyMap<Role, EnvEntry>, place: PlaceOf): void {
  for (const [role, turned] of [
    ['verify', false],
    ['insecure', true],
  ] as const) {
    const entry = entries.get(role)
    if (!entry) continue
    const word = entry.value.trim().toLowerCase()
    const on = /^(?:peer|fail_if_no_peer_cert|client_once)$/.test(word) ? true : truth(word)
    if (on === undefined) draft.say(place(entry), 'lost', 'it must be true or false')
    else if (word === '' || word === 'null') draft.say(place(entry), 'ignored', 'it is empty, which stands for nothing')
    else draft.take(place(entry), [['tls.rejectUnauthorized', turned ? !on : on]])
  }
}

function takeTimeouts(draft: ProfileDraft, entries: ReadonlyMap<Role, EnvEntry>, reader: Reader, place: PlaceOf): void {
  const both = ['timeouts.connectMs', 'timeouts.idleMs']
  for (const [role, settings] of [
    ['timeout', both],
    ['openTimeout', both.slice(0, 1)],
    ['readTimeout', both.slice(1)],
  ] as const) {
    const entry = entries.get(role)
    if (!entry) continue
    const value = numberOf(entry.value.trim())
    // Nodemailer counts in milliseconds; who has a thousand of something means them, too
    const inMs = typeof value === 'number' && (reader === 'nextauth' || value >= 1000)
    const ms = typeof value === 'number' ? (inMs ? value : value * 1000) : value
    if (isEmpty(entry) || value === 0)
      draft.say(place(entry), 'ignored', 'there is no limit in it; those of Posthorn count')
    else
      draft.take(
        place(entry),
        settings.map((setting) => [setting, ms] as const),
        'taken',
        inMs ? 'read as milliseconds' : 'read as seconds',
      )
  }
}

function takeTransport(draft: ProfileDraft, entry: EnvEntry | undefined, place: PlaceOf): void {
  if (!entry) return
  const word = entry.value.trim().toLowerCase()
  if (word === 'smtp' || word === 'smtps' || /(?:^|\.)smtp(?:\.|$)/.test(word) || isEmpty(entry))
    draft.say(place(entry), 'taken', 'mail goes out by SMTP')
  else
    draft.say(
      place(entry),
      'lost',
      'by this mail would not go out by SMTP, or not at all; the relay that is written is taken',
    )
}

function takeProxy(draft: ProfileDraft, entry: EnvEntry | undefined, place: PlaceOf): void {
  if (!entry || isEmpty(entry)) {
    if (entry) draft.say(place(entry), 'ignored', 'it is empty, which stands for nothing')
    return
  }
  const { scheme, host, port, user, password } = splitUrl(entry.value, entry.name)
  draft.take(place(entry), [
    ['proxy.type', scheme === 'socks' || scheme === 'socks5h' ? 'socks5' : scheme],
    ['proxy.host', host],
    ...(port === undefined ? [] : [['proxy.port', port] as const]),
    ...(user === undefined ? [] : [['proxy.user', user] as const]),
    ...(password === undefined ? [] : [['proxy.password', password] as const]),
  ])
}

function numberOf(value: string): number | string {
  return /^\d{1,9}$/.test(value) ? Number(value) : value
}
