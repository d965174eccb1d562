import { BerError, BerReader, insideOnly, TAG } from '../../asn1/ber-reader.js'
import { readCertificate } from '../../read-certificate.js'
import { refusal } from '../../refusal.js'
import type { Opener, StoreContents, StoredCertificate, StoreInput } from '../opener.js'
import { WrongPassword } from '../pkcs12/pbe.js'
import { StoreKeys } from '../store-keys.js'
import { Turn } from '../turn.js'
import { decryptPart, isIntact } from './bcfks-cipher.js'
import type { Steps } from '../steps.js'

const PBES2 = '1.2.840.113549.1.5.13'
const GENERALIZED_TIME = 0x18
const SIGNATURE_CHECK = 0xa0

/** What an entry is. Secret keys (2 and 4) are passed over. */
const KIND = { certificate: 0, privateKey: 1, protectedPrivateKey: 3 } as const

const MAX_ENTRIES = 10_000
const MAX_CHAIN = 100

/** The key store of Bouncy Castle's FIPS provider (BCFKS). It is encrypted as a whole, so that nothing is read without the password. */
export const bcfksStore: Opener = { recognises, open }

/** Two structures: the content, encrypted or with its dates, and what protects it. */
function recognises(octets: Uint8Array): boolean {
  try {
    const store = new BerReader(octets).inside()
    const content = store.inside()
    if (content.optional(TAG.integer)) {
      return content.next().tag === TAG.sequence && content.nextTag === GENERALIZED_TIME
    }
    return content.inside().oid() === PBES2 && content.nextTag === TAG.octetString
  } catch {
    return false
  }
}

function* open(input: StoreInput): Steps<StoreContents> {
  try {
    return yield* openStore(input)
  } catch (error) {
    if (error instanceof WrongPassword) throw wrongPassword(input, error)
    if (!(error instanceof BerError)) throw error
    const message = `${input.place} cannot be read as BCFKS: ${error.message}`
    const hint = 'Check that it is complete, or convert it: keytool -importkeystore -deststoretype PKCS12.'
    throw refusal('certificate.format', input.sourceField, message, hint, error)
  }
}

function* openStore(input: StoreInput): Steps<StoreContents> {
  const { octets, password, work } = input
  const store = insideOnly(octets)
  const content = store.next(TAG.sequence)
  if (store.nextTag === SIGNATURE_CHECK) throw new BerError('is protected by a signature and not by a password')
  const check = store.inside()
  if (!password) throw passwordNeeded(input)
  if (!(yield* isIntact(content.whole, check, password, work))) throw new WrongPassword('the MAC is wrong')
  const inside = new BerReader(content.content)
  if (inside.nextTag === TAG.integer) return yield* readEntries(inside, input)
  const algorithm = inside.inside()
  const plain = yield* decryptPart(algorithm, inside.octetString(), password, 'STORE_ENCRYPTION', work)
  return yield* readEntries(insideOnly(plain), input)
}

/** ObjectStoreData: a version, how it is protected, two dates, and the entries. */
function* readEntries(data: BerReader, input: StoreInput): Steps<StoreContents> {
  const version = data.smallInteger()
  if (version !== 1) throw new BerError(`is of version ${version}`)
  data.next(TAG.sequence)
  data.next(GENERALIZED_TIME)
  data.next(GENERALIZED_TIME)
  const entries = data.inside()
  const certificates: StoredCertificate[] = []
  const keys = new StoreKeys(input)
  const turn = new Turn()
  for (let count = 1; !entries.done; count++) {
    if (count > MAX_ENTRIES) throw new BerError(`has more than ${MAX_ENTRIES} entries`)
    yield* turn.pass()
    const { kind, alias, octets } = readEntry(entries.inside())
    if (kind === KIND.certificate) {
      certificates.push({ certificate: readCertificate(octets, input.sourceField), name: alias })
    } else if (kind === KIND.privateKey || kind === KIND.protectedPrivateKey) {
      certificates.push(...(yield* readKey(octets, alias, keys, input)))
    }
  }
  return { certificates, ...keys.found() }
}

/** ObjectData. */
function readEntry(entry: BerReader): { readonly kind: number; readonly alias: string; readonly octets: Uint8Array } {
  const kind = entry.smallInteger()
  const alias = Buffer.from(entry.next(TAG.utf8String).content).toString('utf8')
  entry.next(GENERALIZED_TIME)
  entry.next(GENERALIZED_TIME)
  return { kind, alias, octets: entry.octetString() }
}

/** EncryptedPrivateKeyData: the key, and its certificate with those of its issuers. */
function* readKey(
  octets: Uint8Array,
  alias: string,
  keys: StoreKeys,
  { sourceField, work }: StoreInput,
): Steps<readonly StoredCertificate[]> {
  const data = insideOnly(octets)
  const key = data.next(TAG.sequence).content
  const chain = data.inside()
  const certificates: StoredCertificate[] = []
  while (!chain.done) {
    if (certificates.length === MAX_CHAIN) throw new BerError(`has a chain of more than ${MAX_CHAIN} certificates`)
    const certificate = readCertificate(chain.next().whole, sourceField)
    certificates.push(certificates.length === 0 ? { certificate, name: alias, id: alias } : { certificate })
  }
  yield* keys.open(alias, (password) => {
    const info = new BerReader(key)
    const algorithm = info.inside()
    return decryptPart(algorithm, info.octetString(), password, 'PRIVATE_KEY_ENCRYPTION', work)
  })
  return certificates
}

function passwordNeeded({ place, passwordField }: StoreInput): Error {
  return refusal('certificate.password', passwordField, `is needed to open ${place}`, 'Give the password of the store.')
}

function wrongPassword({ place, passwordField }: StoreInput, cause: WrongPassword): Error {
  const message = `does not open ${place}, or it is damaged`
  return refusal('certificate.password', passwordField, message, 'Check the password.', cause)
}
