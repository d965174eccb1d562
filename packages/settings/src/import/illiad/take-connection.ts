import type { Profile } from '../../profile/profile.js'
import type { ProfileDraft } from '../report.js'
import { absent, LEFT_OUT_SECRET, placeOf, type Entry, type SiteSource } from './entries.js'
import { oneOf, unreadable, wholeNumber } from './written-value.js'

type Security = NonNullable<Profile['security']>

/** Relay, TLS and login. @throws {SettingsError} `import.format` */
export function takeConnection(draft: ProfileDraft, source: SiteSource): void {
  const { keys, of } = source
  const host = keys.get('EMailSMTPServer')!
  if (!draft.take(placeOf(host), [['relay.host', host.value.trim()]])) throw unreadable(host, 'is no host name')
  const written = keys.get('EMailSMTPPort')
  const port = written ? wholeNumber(written, 1, 65_535) : 25
  if (written) draft.take(placeOf(written), [['relay.port', port]])
  else draft.take(absent('EMailSMTPPort', of), [['relay.port', port]], 'defaulted', 'the port is 25')
  takeSecurity(draft, source, port, isGmail(host.value.trim()))
  takeLogin(draft, source)
}

/** Who takes mail only over TLS, and says so when it is too late. */
const isGmail = (host: string) => /^smtp(?:-relay)?\.(?:gmail|googlemail)\.com\.?$/i.test(host)
const GMAIL = '; Gmail takes no mail like that: EMailSecure must be Yes and SslStartMode not sslNone'

/** The ports on which automatic means STARTTLS. */
export const isStartTlsPort = (port: number) => port === 25 || port === 587

type StartMode = 'automatic' | 'implicit' | 'starttls' | 'none'
const START_MODES: Readonly<Record<string, StartMode>> = {
  sslAutomatic: 'automatic',
  sslImplicit: 'implicit',
  sslExplicit: 'starttls',
  sslNone: 'none',
}
const START_MODE_NUMBERS: Readonly<Record<string, StartMode>> = {
  0: 'automatic',
  1: 'implicit',
  2: 'starttls',
  3: 'none',
}

function takeSecurity(draft: ProfileDraft, { keys, elements, of }: SiteSource, port: number, gmail: boolean): void {
  const secure = keys.get('EMailSecure')
  const mode = elements.get('SslStartMode')
  const start = mode ? oneOf(mode, START_MODES, START_MODE_NUMBERS) : 'automatic'
  const clear = `mail and passwords go in the clear${gmail ? GMAIL : ''}`
  if (!secure) draft.take(absent('EMailSecure', of), [['security', 'none']], 'defaulted', `it is No: ${clear}`)
  const uses = secure ? oneOf(secure, { Yes: true, No: false }) : false
  if (secure && !uses) draft.take(placeOf(secure), [['security', 'none']], 'taken', clear)
  if (!uses) {
    if (mode) draft.say(placeOf(mode), 'ignored', 'EMailSecure is not Yes, so there is no TLS to start')
    return
  }
  const byPort: Security = isStartTlsPort(port) ? 'starttls' : 'implicit'
  const security = start === 'automatic' ? byPort : start
  const off = start === 'none'
  const note = off ? `SslStartMode wins over EMailSecure: ${clear}` : undefined
  draft.take(placeOf(secure!), [['security', security]], off ? 'changed' : 'taken', note)
  const automatic = start === 'automatic' ? `automatic is ${byPort} on port ${port}` : note
  if (mode) draft.take(placeOf(mode), [['security', security]], 'taken', automatic)
}

function takeLogin(draft: ProfileDraft, { keys, of }: SiteSource): void {
  const user = keys.get('SMTPUserID')
  const written = keys.get('SMTPPassword')
  const password = isLeftOut(written) ? undefined : written
  if (user) {
    const taken = draft.take(placeOf(user), [['credentials.user', user.value]])
    if (!taken) throw unreadable(user, 'is no name for a login')
  }
  if (written && !password) draft.say(placeOf(written), 'lost', LEFT_OUT)
  if (password) {
    const taken = draft.take(placeOf(password), [['credentials.password', password.value]])
    if (!taken) throw unreadable(password, 'is too long for a password')
  }
  if (user && password) {
    if (draft.get('security') !== 'none') return
    const note = 'ILLiad logs in without TLS, too, where anyone on the way reads the password'
    draft.take(absent('login without TLS', of), [['credentials.allowCleartextAuth', true]], 'defaulted', note)
  } else if (user || password) {
    const note = `there is no ${user ? 'password' : 'name'} beside it: it is kept and not used`
    draft.take(absent(user ? 'SMTPPassword' : 'SMTPUserID', of), [['credentials.enabled', false]], 'defaulted', note)
  }
}

/** True for the mark of an export that had no password to write. */
export const isLeftOut = (entry: Entry | undefined) => entry?.value.trim() === LEFT_OUT_SECRET
export const LEFT_OUT = 'the export it comes from left the secret out; write it here, or give it to the profile'
