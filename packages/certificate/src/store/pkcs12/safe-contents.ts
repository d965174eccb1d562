import { BerError, insideOnly, stringContent, TAG } from '../../asn1/ber-reader.js'
import type { BerReader } from '../../asn1/ber-reader.js'
import { stringText } from '../../distinguished-name.js'
import { readCertificate } from '../../read-certificate.js'
import type { StoredCertificate, StoredKey } from '../opener.js'
import { decryptPrivateKeyInfo, storedKey } from '../private-key-info.js'
import { Turn } from '../turn.js'
import type { PasswordOctets } from './password-octets.js'
import { decryptPbe, WrongPassword } from './pbe.js'
import type { Work } from './work.js'
import type { Steps } from '../steps.js'

const DATA = '1.2.840.113549.1.7.1'
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const BAG = '1.2.840.113549.1.12.10.1.'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'
const FRIENDLY_NAME = '1.2.840.113549.1.9.20'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'

const EXPLICIT = 0xa0
const MAX_DEPTH = 8
const MAX_BAGS = 10_000

/** What is known before the bags are opened. */
export interface SafeKeys {
  /** For the parts of the store. */
  readonly password: PasswordOctets
  /** For the private keys, in the order to try. */
  readonly keyPasswords: readonly PasswordOctets[]
  /** True when a MAC has proved the password and the octets: what cannot be read then is malformed and not a wrong password. */
  readonly proved: boolean
  readonly work: Work
  readonly field: string
}

/** The content of a ContentInfo of type data (RFC 7292 4). @throws {BerError} when it is of another type */
export function dataContent(contentInfo: BerReader): Uint8Array {
  const oid = contentInfo.oid()
  if (oid !== DATA) throw new BerError(`is of a content type that is not supported (${oid})`)
  return contentInfo.inside(EXPLICIT).octetString()
}

/**
 * Opens the safes of a PKCS #12 store (RFC 7292 4.1) and takes out certificates and private keys; CRLs and secrets are passed over.
 * @throws {WrongPassword}
 * @throws {BerError} when it is malformed, nested more than 8 deep, or has more than 10 000 bags
 */
export class SafeBags {
  readonly certificates: StoredCertificate[] = []
  readonly keys: StoredKey[] = []
  readonly #keys: SafeKeys
  readonly #turn = new Turn()
  #bags = 0

  constructor(keys: SafeKeys) {
    this.#keys = keys
  }

  /** @param authenticatedSafe the octets the MAC protects: a sequence of ContentInfo */
  *readAll(authenticatedSafe: Uint8Array): Steps<void> {
    const safes = insideOnly(authenticatedSafe)
    while (!safes.done) {
      if (++this.#bags > MAX_BAGS) throw new BerError(`has more than ${MAX_BAGS} bags`)
      yield* this.#readSafe(safes.inside())
    }
  }

  *#readSafe(contentInfo: BerReader): Steps<void> {
    const oid = contentInfo.oid()
    if (oid === DATA) return yield* this.#readBags(contentInfo.inside(EXPLICIT).octetString(), 0)
    if (oid !== ENCRYPTED_DATA) throw new BerError(`has a safe of a type that is not supported (${oid})`)
    const encryptedData = contentInfo.inside(EXPLICIT).inside()
    encryptedData.smallInteger() // the version
    const content = encryptedData.inside()
    content.oid()
    const algorithm = content.inside()
    const ciphertext = stringContent(content.next())
    const { password, work } = this.#keys
    const plain = yield* decryptPbe(algorithm, ciphertext, password, work)
    try {
      yield* this.#readBags(plain, 0)
    } catch (error) {
      throw this.#afterDecryption(error)
    }
  }

  *#readBags(safeContents: Uint8Array, depth: number): Steps<void> {
    if (depth > MAX_DEPTH) throw new BerError('has safes nested too deep')
    const bags = insideOnly(safeContents)
    while (!bags.done) {
      if (++this.#bags > MAX_BAGS) throw new BerError(`has more than ${MAX_BAGS} bags`)
      yield* this.#turn.pass()
      const bag = bags.inside()
      const oid = bag.oid()
      const value = bag.next(EXPLICIT).content
      yield* this.#readBag(oid, value, bagAttributes(bag), depth)
    }
  }

  *#readBag(oid: string, value: Uint8Array, { name, id }: BagAttributes, depth: number): Steps<void> {
    const { field } = this.#keys
    switch (oid) {
      case `${BAG}1`:
        this.keys.push(storedKey(value, 'pkcs8', field, name, id))
        return
      case `${BAG}2`:
        this.keys.push(yield* this.#shroudedKey(value, name, id))
        return
      case `${BAG}3`: {
        const certificateBag = insideOnly(value)
        if (certificateBag.oid() !== X509_CERTIFICATE) return // an SDSI certificate: nobody has them
        const der = certificateBag.inside(EXPLICIT).octetString()
        this.certificates.push({ certificate: readCertificate(der, field), name, id })
        return
      }
      case `${BAG}6`:
        return yield* this.#readBags(value, depth + 1)
      default:
        return
    }
  }

  *#shroudedKey(value: Uint8Array, name?: string, id?: string): Steps<StoredKey> {
    const { keyPasswords, work } = this.#keys
    let wrong: unknown
    for (const password of keyPasswords) {
      try {
        const info = yield* decryptPrivateKeyInfo(value, password, work)
        return this.#decryptedKey(info, name, id)
      } catch (error) {
        if (!(error instanceof WrongPassword)) throw error
        wrong = error
      }
    }
    throw wrong
  }

  #decryptedKey(info: Uint8Array, name?: string, id?: string): StoredKey {
    try {
      return storedKey(info, 'pkcs8', this.#keys.field, name, id)
    } catch (error) {
      throw this.#afterDecryption(error)
    }
  }

  /** What an error means: one wrong key in 256 gives octets with proper padding. */
  #afterDecryption(error: unknown): unknown {
    if (this.#keys.proved || !(error instanceof BerError)) return error
    return new WrongPassword('what was decrypted is not what it should be', { cause: error })
  }
}

interface BagAttributes {
  readonly name: string | undefined
  readonly id: string | undefined
}

/** friendlyName and localKeyId (RFC 2985 5.5). */
function bagAttributes(bag: BerReader): BagAttributes {
  let name: string | undefined
  let id: string | undefined
  const attributes = bag.done ? undefined : bag.inside(TAG.set)
  while (attributes && !attributes.done) {
    const attribute = attributes.inside()
    const oid = attribute.oid()
    const values = attribute.inside(TAG.set)
    if (values.done) continue
    const value = values.next()
    if (oid === FRIENDLY_NAME) name = stringText(value)
    else if (oid === LOCAL_KEY_ID) id = Buffer.from(stringContent(value)).toString('hex')
  }
  return { name, id }
}
