import { BerError } from '../../asn1/ber-reader.js'
import { refusal } from '../../refusal.js'
import { keyPasswordNeeded, keyPasswordWrong } from '../encrypted-key.js'
import type { Opener, StoreContents, StoreInput } from '../opener.js'
import { WrongPassword } from '../pkcs12/pbe.js'
import { beginningOf, storeText } from '../store-text.js'
import { Turn } from '../turn.js'
import { compactJwe, decryptJwe, jsonJwe } from './jwe.js'
import type { Jwe } from './jwe.js'
import { isJson, readJwk, UnknownKeyType } from './jwk-key.js'
import type { Json } from './jwk-key.js'
import type { Steps } from '../steps.js'

/**
 * JSON Web Keys (RFC 7517): one or a set, private or public, with the certificates of `x5c`; also encrypted with a password (JWE with PBES2,
 * RFC 7518 4.8). `.jwk`, `.json`.
 */
export const jwkStore: Opener = { recognises, open }

/** Braces, or the base64url of a brace, which every compact JWE begins with. */
function recognises(octets: Uint8Array): boolean {
  const beginning = beginningOf(octets)
  return beginning.startsWith('{') || /^ey[\w-]+\./.test(beginning)
}

function* open(input: StoreInput): Steps<StoreContents> {
  const { place, sourceField } = input
  try {
    return yield* keysIn(yield* jsonIn(input), input)
  } catch (error) {
    if (error instanceof WrongPassword) throw keyPasswordWrong(input, error)
    if (!(error instanceof BerError)) throw error
    const message = `${place} cannot be read as JWK: ${error.message}`
    const hint = 'Give a JSON Web Key or a set of them with RSA, EC or OKP keys, or one encrypted with a password.'
    throw refusal('certificate.format', sourceField, message, hint, error)
  }
}

const MAX_CHARACTERS = 1024 * 1024
const MAX_KEYS = 1000

function* jsonIn(input: StoreInput): Steps<Json> {
  const text = storeText(input.octets)
  if (text.length > MAX_CHARACTERS) throw new BerError('it is larger than 1 MiB')
  const compact = compactJwe(text)
  const json = compact ? undefined : object(text)
  const sealed = compact ?? (json && jsonJwe(json))
  return sealed ? yield* opened(sealed, input) : json!
}

/** Another JWE in the first is not opened: nobody encrypts a key twice. */
function* opened(sealed: Jwe, input: StoreInput): Steps<Json> {
  const password = input.keyPassword ?? input.password
  if (!password) throw keyPasswordNeeded(input)
  return object((yield* decryptJwe(sealed, password, input.work)).toString('utf8'))
}

function object(text: string): Json {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BerError('it is no JSON') // without the cause, which quotes the text, and that may be a key
  }
  if (!isJson(value)) throw new BerError('it is no object of JSON')
  return value
}

function* keysIn(json: Json, { sourceField, work }: StoreInput): Steps<StoreContents> {
  const list = json['keys']
  if (list === undefined) return yield* readJwk(json, sourceField, work)
  if (!Array.isArray(list) || list.length > MAX_KEYS) throw new BerError(`its keys are no list of at most ${MAX_KEYS}`)
  const found: StoreContents[] = []
  const turn = new Turn()
  let unknown: UnknownKeyType | undefined
  for (const each of list as unknown[]) {
    yield* turn.pass()
    try {
      if (!isJson(each)) throw new BerError('one of its keys is no object')
      found.push(yield* readJwk(each, sourceField, work))
    } catch (error) {
      if (!(error instanceof UnknownKeyType)) throw error
      unknown = error
    }
  }
  if (found.length === 0) throw unknown ?? new BerError('it has no keys')
  return {
    certificates: found.flatMap(({ certificates }) => certificates),
    keys: found.flatMap(({ keys }) => keys),
    publicKeys: found.flatMap(({ publicKeys = [] }) => publicKeys),
  }
}
