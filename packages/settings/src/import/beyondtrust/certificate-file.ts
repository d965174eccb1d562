import { SecretReference } from '../report.js'
import type { FieldId } from './fields.js'
import type { ProfileFields } from './profile-fields.js'

const STORES = /^(?:my|root|ca|trust|personal|disallowed|addressbook|authroot|trustedpeople|trustedpublisher|userds)$/i
const PLACES = /^(?:(?:cert:)?[\\/]*)?(?:current[ _]?user|local[ _]?machine|hkcu|hklm)(?:[\\/:]|$)/i
const FILES = /[\\/]|\.(?:pfx|p12|pem|crt|cer|der|p7b|jks|key)$/i

/** A path with the cells behind it has their passwords in it, and the report names the file. */
const OTHER_CELLS = /[;"|<>*?]|,[^,]*,/

/** The fields of one certificate: its file, and the store it may come from instead. */
export interface CertificateFields {
  readonly file: FieldId
  readonly store: FieldId
}

/**
 * Where a certificate is read from, as `file:PATH`; undefined when neither field says it. The file counts before the store.
 * @throws {SettingsError} `import.format` for a store of Windows, which cannot be read, naming the field of the file
 */
export function certificateSource(
  fields: ProfileFields,
  { file, store }: CertificateFields,
): { readonly field: FieldId; readonly source: SecretReference } | undefined {
  const path = fields.text(file)?.trim()
  const other = fields.text(store)?.trim()
  if (path !== undefined) {
    if (other !== undefined) fields.say(store, 'ignored', `${file} is there, and counts`)
    return { field: file, source: fileReference(fields, file, path) }
  }
  if (other === undefined) return undefined
  if (STORES.test(other) || PLACES.test(other) || !FILES.test(other)) {
    throw fields.refused(
      store,
      'names a certificate store of Windows or of the product, which cannot be read',
      `Export the certificate with its key to a PFX or PEM file, and name it in ${file}.`,
    )
  }
  return { field: store, source: fileReference(fields, store, other) }
}

function fileReference(fields: ProfileFields, field: FieldId, path: string): SecretReference {
  if (/\p{Cc}/u.test(path)) throw fields.refused(field, 'has a control character in it', 'Write the path of a file.')
  if (OTHER_CELLS.test(path))
    throw fields.refused(field, 'has signs in it that stand between the cells of a table', 'Write the path of a file.')
  return new SecretReference(`file:${path}`)
}

/** A certificate that was kept in the database of the product, so that its path needed to be seen once only. */
const CACHED =
  'the profile names the file, which is read when it is used; where its path cannot be seen, write the text of the certificate there instead'

/** Says what becomes of "Enable Cached Certificate". */
export function sayCached(fields: ProfileFields, field: FieldId, used: boolean): void {
  if (fields.text(field) === undefined) return
  if (!fields.flag(field)) fields.say(field, 'taken', 'the file is read when it is used')
  else if (used) fields.say(field, 'changed', CACHED)
  else fields.say(field, 'ignored', 'there is no certificate in use')
}
