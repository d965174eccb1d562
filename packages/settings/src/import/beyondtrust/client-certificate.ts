import { certificateSource, sayCached, type CertificateFields } from './certificate-file.js'
import type { ProfileFields } from './profile-fields.js'

const FIELDS: CertificateFields = { file: 'UserCertificateFile', store: 'UserCertificateStore' }

/** The certificate that is shown to the server; only with TLS. */
export function applyClientCertificate(fields: ProfileFields, security: string): void {
  const used = fields.flag('UseClientCertificate')
  if (used && security === 'none') {
    throw fields.refused(
      'UseClientCertificate',
      'is on, and there is no TLS to show the certificate in',
      'Set ChannelEncryption to IMPLICIT or EXPLICIT, or switch this off.',
    )
  }
  sayCached(fields, 'EnableCachedCertificate', used)
  if (!used) {
    const off = 'the certificate is switched off'
    fields.sayAll(['UserCertificateFile', 'UserCertificateStore', 'UserCertificatePassword'], 'ignored', off)
    fields.sayAll(['UseClientCertificate'], 'taken', 'no certificate is shown')
    return
  }
  const source = certificateSource(fields, FIELDS)
  if (!source) {
    fields.needs('UserCertificateFile')
    return
  }
  const setting = 'tls.clientCertificate'
  fields.take(source.field, [[`${setting}.source`, source.source]])
  fields.say('UseClientCertificate', 'taken', `it is shown because ${setting}.source is set`)
  const password = fields.text('UserCertificatePassword')
  if (password !== undefined) fields.take('UserCertificatePassword', [[`${setting}.password`, password]])
}
