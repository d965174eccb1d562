import type { SettingValue } from '../../values.js'
import { SecretReference } from '../report.js'
import { numbered, type SettingReader } from './setting-reader.js'

/** A type of store: how we call it, and whether `Store` names a file. */
interface StoreType {
  readonly type: string
  readonly isFile: boolean
}

/** By number, as the document has them; 20 is not assigned. */
const STORE_TYPES: Readonly<Record<number, StoreType>> = {
  0: { type: 'windows-user', isFile: false },
  1: { type: 'windows-machine', isFile: false },
  2: { type: 'pfx', isFile: true },
  3: { type: 'pfx', isFile: false },
  4: { type: 'jks', isFile: true },
  5: { type: 'jks', isFile: false },
  6: { type: 'pem', isFile: true },
  7: { type: 'pem', isFile: false },
  8: { type: 'publickey', isFile: true },
  9: { type: 'publickey', isFile: false },
  10: { type: 'ssh', isFile: false },
  11: { type: 'p7b', isFile: true },
  12: { type: 'p7b', isFile: false },
  13: { type: 'ssh', isFile: true },
  14: { type: 'ppk', isFile: true },
  15: { type: 'ppk', isFile: false },
  16: { type: 'xml', isFile: true },
  17: { type: 'xml', isFile: false },
  18: { type: 'jwk', isFile: true },
  19: { type: 'jwk', isFile: false },
  21: { type: 'bcfks', isFile: true },
  22: { type: 'bcfks', isFile: false },
  23: { type: 'pkcs11', isFile: false },
  99: { type: 'auto', isFile: false },
}

const NAMES: Readonly<Record<string, number>> = {
  ...{ cstUser: 0, cstMachine: 1, cstPFXFile: 2, cstPFXBlob: 3, cstJKSFile: 4, cstJKSBlob: 5, cstPEMKeyFile: 6 },
  ...{ cstPEMKeyBlob: 7, cstPublicKeyFile: 8, cstPublicKeyBlob: 9, cstSSHPublicKeyBlob: 10, cstP7BFile: 11 },
  ...{ cstP7BBlob: 12, cstSSHPublicKeyFile: 13, cstPPKFile: 14, cstPPKBlob: 15, cstXMLFile: 16, cstXMLBlob: 17 },
  ...{ cstJWKFile: 18, cstJWKBlob: 19, cstBCFKSFile: 21, cstBCFKSBlob: 22, cstPKCS11: 23, cstAuto: 99 },
}

const FIELDS: readonly string[] = [
  'Store',
  'StoreB',
  'StoreType',
  'StorePassword',
  'KeyPassword',
  'Subject',
  'Encoded',
  'EncodedB',
]

/** The certificate of one object, `SSLCert` or `SSLAcceptServerCert`, as the source of a setting. */
export interface CertificateFields {
  readonly source: string | SecretReference
  readonly type: string
}

/** Where a certificate is; undefined, and said, when nothing names one. */
function sourceOf(reader: SettingReader, object: string): CertificateFields | undefined {
  const encoded = reader.peek(`${object}Encoded`) || reader.peek(`${object}EncodedB`)
  const store = reader.peek(`${object}Store`) || reader.peek(`${object}StoreB`)
  const given = reader.peek(`${object}StoreType`)
  const number = given === undefined || given === '' ? 0 : numbered(given, NAMES)
  const known = number === undefined ? undefined : STORE_TYPES[number]
  if (known?.isFile && store) return { source: new SecretReference(`file:${store}`), type: known.type }
  const isWindows = known?.type.startsWith('windows') ?? false
  // "MY" is the default of every object, and is searched only when somebody says what for
  if (isWindows && store && reader.has(`${object}Subject`)) return { source: store, type: known!.type }
  if (encoded) return { source: encoded, type: 'auto' }
  return known && !isWindows && store ? { source: store, type: known.type } : undefined
}

/** The certificate shown to the server. */
export function takeClientCertificate(reader: SettingReader): void {
  const found = sourceOf(reader, 'SSLCert')
  if (!found) {
    for (const field of FIELDS)
      reader.tell(`SSLCert${field}`, 'ignored', 'no certificate is named: a store is searched for a subject only')
    reader.tell('SSLCert', 'ignored', 'its fields say what it is')
    return
  }
  const group = 'tls.clientCertificate'
  const values: SettingValue[] = [
    [`${group}.source`, found.source],
    [`${group}.type`, found.type],
  ]
  const windows = found.type.startsWith('windows')
    ? 'this store is read on Windows only: export it as PFX elsewhere'
    : undefined
  for (const field of ['Store', 'StoreB', 'StoreType', 'Encoded', 'EncodedB'])
    if (reader.has(`SSLCert${field}`)) reader.take(`SSLCert${field}`, () => values, 'taken', windows)
  reader.take('SSLCertStorePassword', (password) => [[`${group}.password`, password]])
  if (reader.has('SSLCertKeyPassword') && !reader.draft.has(`${group}.password`))
    reader.take('SSLCertKeyPassword', (password) => [[`${group}.password`, password]])
  reader.tell('SSLCertKeyPassword', 'lost', 'one password opens the store and the key')
  reader.take('SSLCertSubject', (subject) => [[`${group}.subject`, subject]])
  for (const field of FIELDS) reader.tell(`SSLCert${field}`, 'ignored', 'it is empty, which stands for nothing')
}

/** The certificate of the server that is taken whatever is wrong with it. */
export function takeAcceptedCertificate(reader: SettingReader): void {
  const object = 'SSLAcceptServerCert'
  if (reader.has(object) && !reader.has(`${object}Encoded`))
    reader.take(object, (value) => [['tls.acceptedCertificates', value]])
  const found = sourceOf(reader, object)
  for (const field of FIELDS) {
    const carries =
      ['Store', 'StoreB', 'StoreType', 'Encoded', 'EncodedB'].includes(field) && reader.has(`${object}${field}`)
    if (found && carries && !found.type.startsWith('windows'))
      reader.take(`${object}${field}`, () => [['tls.acceptedCertificates', found.source]])
    else if (found?.type.startsWith('windows'))
      reader.tell(`${object}${field}`, 'lost', 'write the certificate itself in PEM')
    else reader.tell(`${object}${field}`, 'ignored', 'no certificate is named by it')
  }
  reader.tell(object, 'ignored', 'it is empty, which stands for nothing')
}
