import type { Place, ProfileDraft } from '../report.js'
import type { EnvEntry } from './env-file.js'
import type { Reader, Role } from './variable-role.js'

type Security = 'implicit' | 'starttls' | 'opportunistic' | 'none'

/** The stronger one counts when two variables say something. */
const RANK: Readonly<Record<Security, number>> = { implicit: 4, starttls: 3, opportunistic: 2, none: 1 }

/** Variables about TLS. */
export const SECURITY_ROLES: readonly Role[] = [
  ...(['encryption', 'secure', 'useTls', 'useSsl', 'requireTls', 'ignoreTls', 'startTlsAuto', 'startTls'] as const),
]

/** True, false, or undefined for another word. `null` and nothing are false. */
export function truth(value: string): boolean | undefined {
  if (/^(?:1|true|yes|on|enabled?|y|t|\(true\))$/i.test(value)) return true
  return /^(?:0|false|no|off|disabled?|n|f|null|none|\(false\)|\(null\)|)$/i.test(value) ? false : undefined
}

/** How the way is protected, by what is written about it, else as the reader has it. */
export function takeSecurity(
  draft: ProfileDraft,
  entries: ReadonlyMap<Role, EnvEntry>,
  reader: Reader,
  place: (entry: EnvEntry) => Place,
): void {
  const port = draft.get('relay.port')
  const said = SECURITY_ROLES.flatMap((role) => {
    const entry = entries.get(role)
    return entry ? [{ entry, security: securityOf(role, entry.value.trim(), reader, port) }] : []
  })
  const known = said.filter(({ security }) => security !== undefined)
  const best = known.reduce<(typeof known)[number] | undefined>(
    (first, each) => (first && RANK[first.security!] >= RANK[each.security!] ? first : each),
    undefined,
  )
  for (const { entry, security } of said) {
    if (security === undefined) draft.say(place(entry), 'lost', 'it is neither true, false, tls, ssl nor starttls')
    else if (security === best?.security)
      draft.take(place(entry), [['security', security]], 'taken', noteOn(security, port))
    else draft.say(place(entry), 'ignored', `${best!.entry.name} says it`)
  }
  if (best) return
  const { security, note } = usual(reader, port)
  draft.take({ entry: 'TLS' }, [['security', security]], 'defaulted', note)
}

function noteOn(security: Security, port: unknown): string | undefined {
  if (security === 'opportunistic') return 'STARTTLS when it is offered, else in the clear'
  if (security === 'implicit' && (port === 587 || port === 25))
    return `port ${port} usually begins in the clear: starttls, if the relay does not answer`
  return undefined
}

function securityOf(role: Role, value: string, reader: Reader, port: unknown): Security | undefined {
  const word = value.toLowerCase()
  const on = truth(value)
  const off: Security = reader === 'django' ? 'none' : 'opportunistic'
  if (role === 'encryption' || on === undefined) return wordOf(word, port, reader)
  switch (role) {
    case 'secure':
      return on ? 'implicit' : off
    case 'useSsl':
      return on ? 'implicit' : off
    case 'useTls':
      return on ? (port === 465 ? 'implicit' : 'starttls') : off
    case 'requireTls':
    case 'startTls':
      return on ? 'starttls' : off
    case 'ignoreTls':
      return on ? 'none' : off
    default:
      return on ? 'opportunistic' : 'none'
  }
}

function wordOf(word: string, port: unknown, reader: Reader): Security | undefined {
  if (/^(?:ssl|smtps|implicit|ssl\/tls|tls-wrapper|wrapper)$/.test(word)) return 'implicit'
  if (/^(?:tls|starttls|start_tls|start-tls|always|required|force|explicit)$/.test(word))
    return port === 465 ? 'implicit' : 'starttls'
  if (/^(?:auto|opportunistic|may|smtp)$/.test(word)) return port === 465 ? 'implicit' : 'opportunistic'
  if (truth(word) === false || word === 'never' || word === 'plain') {
    return reader === 'laravel' ? (port === 465 ? 'implicit' : 'opportunistic') : 'none'
  }
  return undefined
}

function usual(reader: Reader, port: unknown): { security: Security; note: string } {
  const onTlsPort = port === 465
  switch (reader) {
    case 'laravel':
      return onTlsPort
        ? { security: 'implicit', note: 'Laravel takes port 465 for TLS from the first octet' }
        : { security: 'opportunistic', note: 'Laravel goes on in the clear when STARTTLS is not offered' }
    case 'django':
      return { security: 'none', note: 'Django speaks no TLS unless it is told to' }
    case 'rails':
      return { security: 'opportunistic', note: 'Rails goes on in the clear when STARTTLS is not offered' }
    case 'nextauth':
      return onTlsPort
        ? { security: 'implicit', note: 'Nodemailer takes port 465 for TLS from the first octet' }
        : { security: 'opportunistic', note: 'Nodemailer goes on in the clear when STARTTLS is not offered' }
    case 'unknown':
      return {
        security: onTlsPort ? 'implicit' : 'starttls',
        note: 'the file does not say, and nobody knows which program reads it: TLS is required',
      }
  }
}
