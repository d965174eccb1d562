import { applyJavaMailProperties } from '../javamail/apply-javamail-properties.js'
import { shownName } from '../javamail/property-names.js'
import type { ProfileDraft } from '../report.js'
import type { GenesysOption } from './section.js'
import type { GenesysMode } from './mode.js'

/** The name of a `mail.*` option, its second word in small letters; undefined for other options. */
export function propertyName(name: string): string | undefined {
  if (!/^mail\./i.test(name)) return undefined
  return name.replace(/^mail\.(?:(?:smtps?|ews|imaps?|pop3s?)\.)?/i, (words) => words.toLowerCase())
}

/** JavaMail properties that an option of the section controls. */
const CONTROLLED: readonly (readonly [option: string, properties: readonly string[]])[] = [
  ['enable-debug', ['mail.debug']],
  ['connect-timeout', ['mail.smtp.connectiontimeout']],
  ['protocol-timeout', ['mail.smtp.timeout']],
  ['user', ['mail.smtp.user', 'mail.user']],
  ['password', ['mail.smtp.password', 'mail.password']],
  ['server', ['mail.smtp.host', 'mail.host']],
  ['port', ['mail.smtp.port', 'mail.smtp.socketFactory.port', 'mail.smtp.ssl.socketFactory.port']],
  ['enable-authentication', ['mail.smtp.auth']],
  ['server-type', ['mail.transport.protocol', 'mail.transport.protocol.rfc822']],
]
const IGNORED = Object.fromEntries(
  CONTROLLED.flatMap(([option, properties]) =>
    properties.map((property) => [property, `it is controlled by the option ${option}`]),
  ),
)
const DECIDED_BY = new Map([
  ['security', 'the option smtp-connection-security'],
  ['proxy', 'the section [proxy]'],
  ['credentials', 'enable-authentication and the options of the login'],
])

/**
 * The JavaMail properties of a section, and the defaults of JavaMail, which does the work in E-mail Server.
 * @param properties `mail.*` by their names from `propertyName`
 * @throws {SettingsError} `import.format`
 * @source Genesys, JavaMail properties of E-mail Server
 */
export function applyMailProperties(
  draft: ProfileDraft,
  properties: readonly GenesysOption[],
  { login }: GenesysMode,
): void {
  const entries = properties.map(({ name, value = '', line }) => ({
    name,
    value,
    place: { entry: shownName(name), ...(line === undefined ? {} : { line }) },
  }))
  applyJavaMailProperties(draft, entries, {
    transport: 'smtp',
    authByDefault: login,
    ignored: IGNORED,
    decided: (setting) => `${DECIDED_BY.get(setting.split('.', 1)[0]!) ?? 'an option of the section'} decides it`,
  })
}
