import type { Profile } from '../../profile/profile.js'
import { isPlain } from '../../secret-reference.js'
import { SETTINGS } from '../../table.js'
import { valueAt } from '../../values.js'
import { exportedSecurity } from './exported-properties.js'

/** Checks that JavaMail cannot be asked for. */
const CHECKS: ReadonlyMap<string, string> = new Map([
  ['tls.ca', 'Java trusts the authorities of its own key store in its place'],
  ['tls.pins', 'the public key of the server is not compared'],
  ['tls.revocation.crl', 'revoked certificates are accepted'],
  ['tls.revocation.ocsp', 'revoked certificates are accepted'],
  ['tls.minStrengthBits', 'weaker keys are accepted'],
  ['tls.servername', 'the certificate is compared with the name of the host'],
  ['credentials.minimumAuthStrength', 'weaker logins are made'],
  ['credentials.mechanism', 'other logins are made'],
  ['credentials.mechanisms', 'other logins are made'],
  ['delivery.requireTls', 'servers on the way may pass the message on in the clear'],
  ['smime.sign.enabled', 'messages go out without a signature'],
  ['smime.encrypt.enabled', 'messages go out unencrypted'],
  ['smime.encrypt.certificates', 'messages go out unencrypted'],
  ['attachments.files', 'any file can be attached'],
  ['attachments.basePath', 'any file can be attached'],
])

/**
 * Why a setting is lost in JavaMail properties, and what to do.
 * @param back what an import of the properties brings back, by path
 */
export function lossNote(profile: Profile, setting: string, back: ReadonlyMap<string, unknown>): string {
  const value = valueAt(profile, setting)
  if (setting === 'credentials.mechanism' && isOnly(back.get('credentials.mechanisms'), value))
    return 'said by auth.mechanisms, which is read back as credentials.mechanisms with this one in it'
  const weaker = CHECKS.get(setting)
  if (weaker !== undefined) return `UNSAFE without it: JavaMail has no property for this, and ${weaker}`
  if (setting === 'security' && exportedSecurity(profile) !== value) {
    return 'STARTTLS is required in its place: JavaMail would log in in the clear where there is no TLS'
  }
  if (setting === 'tls.rejectUnauthorized')
    return 'said by ssl.trust=* and ssl.checkserveridentity=false, which is the same'
  if (setting.startsWith('tls.extraCa')) return 'put these certificates into the key store that Java trusts'
  if (setting.startsWith('tls.clientCertificate')) return 'Java takes it from javax.net.ssl.keyStore'
  if (setting.startsWith('delivery.onRefused'))
    return 'JavaMail has one rule for To, Cc and Bcc: one refusal stops the message'
  return secretNote(setting, value) ?? 'JavaMail has no property that says this'
}

const isOnly = (list: unknown, value: unknown) => Array.isArray(list) && list.length === 1 && list[0] === value

function secretNote(setting: string, value: unknown): string | undefined {
  if (SETTINGS.get(setting)?.holds !== 'secret') return undefined
  if (typeof value === 'string' && value.startsWith('env:')) {
    return 'is in a variable: JavaMail does not read it by itself, Spring and build tools do'
  }
  if (!isPlain(value)) return 'is kept elsewhere: write it there, or give it to the program'
  return 'cannot be said so that it is read back as it is, or nobody logs in with it'
}
