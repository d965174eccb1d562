import type { Import, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { malformed, missing, type Place, ProfileDraft } from '../report.js'
import { applyJavaMailProperties } from './apply-javamail-properties.js'
import { exportJavaMail } from './export-javamail.js'
import type { JavaMailEntry } from './javamail-properties.js'
import { readProperties } from './properties-file.js'
import { fromSpring, isSpring, SPRING_ONLY, springName } from './spring-properties.js'

/**
 * JavaMail properties (Jakarta Mail, Angus Mail) in a `.properties` file, `mail.smtp.*` and `mail.smtps.*`, also as Spring Boot writes them
 * (`spring.mail.*`). The name and password of the login, which Java programs often keep elsewhere, may stand beside them.
 */
export const javamail: ImportFormat = {
  name: 'javamail',
  says: 'JavaMail properties (mail.smtp.*, mail.smtps.*, spring.mail.*) in a .properties file',
  recognises: ({ text }) => /^[ \t]{0,80}(?:spring\.mail\.|mail\.(?:smtps?|transport)\.)[^\s=:]{1,200}[ \t]{0,80}[=:]/im.test(text),
  import: importJavaMail,
  export: exportJavaMail,
}

function importJavaMail(source: ImportSource): Import {
  const all = readProperties(source)
  const report: ReportLine[] = []
  const draft = new ProfileDraft(report)
  const entries = mailEntries(all, draft)
  if (entries.length === 0) {
    throw malformed(source.name ?? 'the properties', 'has no property of JavaMail', 'They begin with mail.smtp. or mail.smtps.')
  }
  const given = withoutPlaceholders(entries, draft)
  const transport = transportOf(given, draft)
  const isProtocol = ({ name }: JavaMailEntry) => PROTOCOLS.includes(name)
  const outcome = applyJavaMailProperties(draft, given.filter((entry) => !isProtocol(entry)), { transport })
  const lacking = [...lost(entries, given, transport), ...(outcome.loginWithoutName ? [`mail.${transport}.user`, `mail.${transport}.password`] : [])]
  if (lacking.length > 0) throw missing(lacking, 'JavaMail file, which asks for a login or leaves the server to something else,')
  if (!draft.has('relay.host')) {
    draft.take({ entry: `mail.${transport}.host` }, [['relay.host', 'localhost']], 'defaulted', 'JavaMail connects to its own host when nobody names one; Java programs often do so in code')
  }
  const name = /^([\w-]{1,90})(?:\.[\w-]{1,9})?$/.exec(source.name ?? '')?.[1] ?? 'javamail'
  return { profiles: [{ name, profile: draft.profile }], report: inOrder(report) }
}

/** What is not of a sender of mail is reported here. */
function mailEntries(all: readonly JavaMailEntry[], draft: ProfileDraft): JavaMailEntry[] {
  return all.flatMap((entry) => {
    if (isSpring(entry.name)) {
      const mail = fromSpring(entry)
      if (mail) return { ...mail, place: { ...entry.place, entry: springShown(entry, mail) } }
      const note = SPRING_ONLY[springName(entry.name.slice('spring.mail.'.length))]
      draft.say({ ...entry.place, entry: note === undefined ? 'spring.mail. ...' : entry.name }, note === undefined ? 'unknown' : 'lost', note)
      return []
    }
    const bare = BARE.get(entry.name)
    if (bare !== undefined) return { ...entry, name: bare, place: { ...entry.place, entry: entry.name } }
    if (/^mail\.(?:smtps?|transport|debug)\.|^mail\.(?:host|user|password|from|debug)$|^mail\.mime\.(?:allowutf8|charset)$/.test(entry.name)) return entry
    draft.say(entry.place, 'ignored', noteOfOther(entry.name))
    return []
  })
}

/** How people write the login beside the properties. */
const BARE = new Map([
  ...['password', 'mail.pass', 'mail.smtp.pass', 'mail.smtp.passwd'].map((name) => [name, 'mail.password'] as const),
  ...['username', 'user', 'mail.username', 'mail.smtp.username'].map((name) => [name, 'mail.user'] as const),
])

const springShown = ({ name }: JavaMailEntry, mail: JavaMailEntry) =>
  name.toLowerCase().startsWith('spring.mail.properties') ? mail.place.entry : name

function noteOfOther(name: string): string {
  if (/^mail\.(?:store|imaps?|pop3s?)\./.test(name)) return 'is for reading mail'
  if (name.startsWith('mail.mime.')) return 'is about how Java writes and reads messages'
  return 'is no property of JavaMail'
}

const PROTOCOLS = ['mail.transport.protocol', 'mail.transport.protocol.rfc822']
