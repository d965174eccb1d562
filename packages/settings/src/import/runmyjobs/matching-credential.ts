import type { JavaMailEntry } from '../javamail/javamail-properties.js'
import type { Place, ProfileDraft } from '../report.js'
import type { CredentialRecord } from './registry.js'

const TRUSTED = 'X509_TrustedCertificate'

/**
 * The credential for the server: protocol `smtp`, virtual user `default`, and the server as its endpoint, all letter by letter. Else `User`,
 * when a credential has that real user, and so its password. Every credential is reported; certificates are trusted besides.
 * @returns who logs in, as properties, so that the password goes where the mechanisms need it
 */
export function matchingCredential(
  credentials: readonly CredentialRecord[],
  wanted: {
    readonly server: string | undefined
    readonly user: { readonly value: string; readonly place: Place } | undefined
  },
  draft: ProfileDraft,
): JavaMailEntry[] {
  const trusted: CredentialRecord[] = []
  const logins: CredentialRecord[] = []
  for (const credential of credentials) {
    if (field(credential, 'protocol') !== TRUSTED) logins.push(credential)
    else if (isPem(field(credential, 'certificate'))) trusted.push(credential)
    else
      draft.say(
        placeOf(credential, TRUSTED),
        'lost',
        'has no certificate in PEM form; export it as PEM and add it again',
      )
  }
  takeTrusted(trusted, draft)
  const { user, server } = wanted
  const found = logins.find((credential) => mismatch(credential, server) === undefined)
  const byUser = found || !user ? undefined : logins.find((credential) => isOfUser(credential, user.value))
  for (const credential of logins) {
    if (credential === found) draft.say(placeOf(credential), 'taken', gmailHint(server, field(credential, 'realuser')))
    else if (credential === byUser)
      draft.say(placeOf(credential), 'taken', 'its real user is the User of the registry; its endpoint is another')
    else
      draft.say(placeOf(credential), 'ignored', mismatch(credential, server) ?? 'another credential is for this server')
  }
  if (user && found) draft.say(user.place, 'ignored', 'the credential says who logs in')
  else if (user && !byUser)
    draft.say(
      user.place,
      'lost',
      'no credential has its password, so nobody logs in; add the credential, or set credentials',
    )
  return loginOf(found ?? byUser)
}

/** All of them are one setting, which is written once: written with each of them it would be read as often as there are certificates. */
function takeTrusted(trusted: readonly CredentialRecord[], draft: ProfileDraft): void {
  const [first, ...others] = trusted
  if (!first) return
  const all = trusted.map((credential) => field(credential, 'certificate')).join('\n')
  const taken = draft.take(placeOf(first, TRUSTED), [['tls.extraCa', all]])
  for (const credential of others) {
    if (taken) draft.say(placeOf(credential, TRUSTED), 'taken', 'stands in tls.extraCa with the first of them')
    else draft.say(placeOf(credential, TRUSTED), 'lost', 'the certificates do not fit into tls.extraCa together')
  }
}

function loginOf(credential: CredentialRecord | undefined): JavaMailEntry[] {
  if (!credential) return []
  const entries = [
    { name: 'user', shown: 'Real User', value: field(credential, 'realuser') },
    { name: 'password', shown: 'Password', value: field(credential, 'password') },
  ]
  return entries
    .filter(({ value }) => value !== '')
    .map(({ name, shown, value }) => ({ name, value, place: placeOf(credential, `credential, ${shown}`) }))
}

/** Why a credential is not for the server; undefined when it is. */
function mismatch(credential: CredentialRecord, server: string | undefined): string | undefined {
  const [protocol, virtualUser, endpoint] = ['protocol', 'virtualuser', 'endpoint'].map((name) =>
    field(credential, name),
  )
  if (protocol !== 'smtp') return 'its protocol is not smtp, letter by letter; nobody logs in with it'
  if (virtualUser !== 'default') return 'its virtual user is not default, letter by letter; nobody logs in with it'
  if (endpoint === server && server !== undefined) return undefined
  const shown = [endpoint, server].every(
    (host) => host !== undefined && /^[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}$/.test(host),
  )
  return `its endpoint ${shown ? `${endpoint} ` : ''}is not the server${shown ? ` ${server}` : ''}, letter by letter; nobody logs in with it`
}

const isOfUser = (credential: CredentialRecord, user: string) =>
  field(credential, 'protocol') === 'smtp' &&
  field(credential, 'realuser') === user &&
  field(credential, 'password') !== ''

function gmailHint(server: string | undefined, user: string): string {
  const hint = server === 'smtp.gmail.com' && !user.includes('@')
  return hint ? 'it is for this server; Gmail expects the whole address as the name today' : 'it is for this server'
}

const field = ({ fields }: CredentialRecord, name: string) => fields.get(name) ?? ''

const placeOf = ({ place }: CredentialRecord, entry = 'credential'): Place => ({ entry, ...place })

/** One certificate or several, and nothing else. */
function isPem(text: string): boolean {
  const blocks = text.split('-----BEGIN CERTIFICATE-----')
  return blocks.length > 1 && blocks[0]!.trim() === '' && blocks.slice(1).every(isBlock)
}

function isBlock(block: string): boolean {
  const [body = '', after, ...more] = block.split('-----END CERTIFICATE-----')
  return /^[\sA-Za-z0-9+/=]+$/.test(body) && after?.trim() === '' && more.length === 0
}
