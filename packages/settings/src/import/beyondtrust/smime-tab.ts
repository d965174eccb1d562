import type { SettingValue } from '../../values.js'
import { certificateSource, sayCached } from './certificate-file.js'
import type { FieldId } from './fields.js'
import type { ProfileFields } from './profile-fields.js'

/** Signing and encryption of every message. What is switched off is kept. */
export function applySmime(fields: ProfileFields): void {
  applySigning(fields)
  applyEncryption(fields)
}

function applySigning(fields: ProfileFields): void {
  const on = applySwitch(fields, 'SignEmail', 'smime.sign.enabled')
  const source = usableSource(fields, on, 'SigningFile', 'SigningStore')
  if (source) fields.take(source.field, [['smime.sign.certificate.source', source.source]])
  const password = fields.text('SigningPassword')
  if (password !== undefined) fields.take('SigningPassword', [['smime.sign.certificate.password', password]])
  applyDigest(fields, on)
  const attach = (value: boolean): SettingValue => ['smime.sign.attach', value ? 'certificate' : 'none']
  if (fields.text('AttachCertificate') !== undefined)
    fields.take('AttachCertificate', [attach(fields.flag('AttachCertificate'))])
  else if (on) fields.defaulted('AttachCertificate', [attach(true)], 'the certificate goes along')
  sayCached(fields, 'SignCached', source !== undefined)
}

/** MD5 is no digest of a signature any more. */
const DIGESTS = new Map([
  ...['sha1', 'sha'].map((name) => [name, 'sha1'] as const),
  ...['sha256', 'sha2', 'sha2256'].map((name) => [name, 'sha256'] as const),
  ...['sha384', 'sha2384'].map((name) => [name, 'sha384'] as const),
  ...['sha512', 'sha2512'].map((name) => [name, 'sha512'] as const),
])

function applyDigest(fields: ProfileFields, on: boolean): void {
  const word = fields.word('HashAlgorithm')
  if (word === undefined) {
    if (on) fields.defaulted('HashAlgorithm', [['smime.sign.digest', 'sha256']])
    return
  }
  const digest = DIGESTS.get(word)
  if (digest !== undefined) fields.take('HashAlgorithm', [['smime.sign.digest', digest]])
  else if (word === 'md5') {
    const note = 'MD5 proves nothing any more, so SHA-256 takes its place'
    fields.take('HashAlgorithm', [['smime.sign.digest', 'sha256']], note, 'changed')
  } else throw fields.refused('HashAlgorithm', 'is none of SHA-1, SHA-256, SHA-384, SHA-512 and MD5', 'Write SHA-256.')
}

function applyEncryption(fields: ProfileFields): void {
  const on = applySwitch(fields, 'EncryptEmail', 'smime.encrypt.enabled')
  const source = usableSource(fields, on, 'EncryptionFile', 'EncryptionStore')
  if (source) {
    const certificates: SettingValue = ['smime.encrypt.certificates', [source.source]]
    if (source.field === 'EncryptionFile')
      fields.take('EncryptionFile', [certificates, ['smime.encrypt.forAll', true]], 'it serves for every recipient')
    else fields.take('EncryptionStore', [certificates], 'each recipient needs a certificate with its mailbox in it')
  }
  const password = fields.text('EncryptPassword')
  if (password !== undefined) fields.take('EncryptPassword', [['smime.encrypt.password', password]])
  applyCipher(fields, on)
  sayCached(fields, 'EncryptCached', source !== undefined)
}

const CIPHERS = new Map([
  ...['aes128cbc', 'aes128'].map((name) => [name, 'aes-128-cbc'] as const),
  ...['aes192cbc', 'aes192'].map((name) => [name, 'aes-192-cbc'] as const),
  ...['aes256cbc', 'aes256', 'aes'].map((name) => [name, 'aes-256-cbc'] as const),
  ...['aes128gcm', 'aes192gcm', 'aes256gcm'].map((name) => [name, name.replace(/(\d+)/, '-$1-')] as const),
  ...['3des', '3descbc', 'tripledes', 'desede3cbc', 'des3'].map((name) => [name, '3des-cbc'] as const),
])
const BROKEN = /^(?:des|descbc|rc2(?:cbc)?\d{0,3}|rc4|\d{2,3}bitrc2)$/

function applyCipher(fields: ProfileFields, on: boolean): void {
  const word = fields.word('EncryptionAlgorithm')
  if (word === undefined) {
    if (on) fields.defaulted('EncryptionAlgorithm', [['smime.encrypt.cipher', 'aes-256-cbc']])
    return
  }
  const cipher = CIPHERS.get(word)
  if (cipher !== undefined) fields.take('EncryptionAlgorithm', [['smime.encrypt.cipher', cipher]])
  else if (BROKEN.test(word)) {
    const note = 'it protects nothing any more and is not spoken, so AES-256-CBC takes its place'
    fields.take('EncryptionAlgorithm', [['smime.encrypt.cipher', 'aes-256-cbc']], note, 'changed')
  } else {
    const problem = 'is none of AES-128-CBC, AES-192-CBC, AES-256-CBC, AES-256-GCM and 3DES'
    throw fields.refused('EncryptionAlgorithm', problem, 'Write AES-256-CBC.')
  }
}

function applySwitch(fields: ProfileFields, field: FieldId, setting: string): boolean {
  const on = fields.flag(field)
  if (fields.text(field) !== undefined) fields.take(field, [[setting, on]])
  return on
}

/** A store that cannot be read is an error only where its certificate is used. */
function usableSource(fields: ProfileFields, on: boolean, file: FieldId, store: FieldId) {
  if (on && fields.text(file) === undefined && fields.text(store) === undefined) fields.needs(file)
  if (on || fields.text(file) !== undefined) return certificateSource(fields, { file, store })
  fields.sayAll([store], 'ignored', 'it is switched off')
  return undefined
}
