import type { Place, ProfileDraft } from '../report.js'
import { applyDelivery } from './delivery-properties.js'
import { JavaMailProperties, type Decided, type JavaMailEntry } from './javamail-properties.js'
import { applyLogin } from './login-properties.js'
import { applySecurity, type Security } from './security-properties.js'
import { applySession } from './session-properties.js'
import { applyTls } from './tls-properties.js'

/** How the properties are to be read. */
export interface JavaMailTerms extends Decided {
  /** Whose properties count: `mail.smtp.*` or `mail.smtps.*`. Those of the other one are reported and not read. */
  readonly transport: 'smtp' | 'smtps'
  /** Default: true with `smtps`. False: that transport does not mean TLS from the first octet by itself. */
  readonly implicit?: boolean | undefined
  /** The port when nothing says one; default JavaMail's: 465 with implicit TLS, else 25. */
  readonly defaultPort?: ((security: Security) => number) | undefined
  /** False: where nothing is said of the port or of TLS, nothing is written. Default true: JavaMail's defaults, which are unsafe. */
  readonly connectionDefaults?: boolean | undefined
  /** What `mail.smtp.auth` is when it is not there; default false, which is JavaMail's. */
  readonly authByDefault?: boolean | undefined
}

/** What the properties did not say themselves. */
export interface JavaMailOutcome {
  /** `mail.smtp.auth` is true, and there is no name to log in with. */
  readonly loginWithoutName?: Place | undefined
}

/**
 * Writes what JavaMail properties say, and what they leave out as JavaMail has it by default. A setting that the draft has already is never
 * written over: a property that says otherwise is reported as without effect. The server is written only when `mail.smtp.host` or `mail.host` is there.
 *
 * Time-outs are milliseconds; 0 and negative ones are no limit; where there is none, Posthorn's own limits hold.
 * @throws {SettingsError} `import.format` for what cannot be weakened in silence: another host name check, TLS versions with a gap or none
 * that is spoken, notifications JavaMail does not know, line ends behind MAIL
 * @source Eclipse Angus Mail, package org.eclipse.angus.mail.smtp
 */
export function applyJavaMailProperties(
  draft: ProfileDraft,
  entries: readonly JavaMailEntry[],
  terms: JavaMailTerms,
): JavaMailOutcome {
  const properties = new JavaMailProperties(draft, entries, terms)
  const hadCredentials = draft.has('credentials.user')
  applySecurity(properties, terms)
  applyTls(properties)
  const outcome = applyLogin(properties, terms.authByDefault ?? false, hadCredentials)
  applySession(properties)
  applyDelivery(properties)
  properties.sayRest()
  return outcome
}
