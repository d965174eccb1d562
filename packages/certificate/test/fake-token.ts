import { constants, createPrivateKey, createPublicKey, privateEncrypt, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Attribute, Cryptoki, Handle, Mechanism, TokenInfo } from '../src/store/pkcs11/cryptoki.js'

/** An object of a token: its attributes, and for a private key what signs. */
export interface FakeObject {
  readonly attributes: Readonly<Record<number, Buffer>>
  readonly key?: KeyObject
}

/** What is to go wrong, and what happened. */
export class FakeToken {
  pin = '1234'
  label = 'mail'
  serial = '0001'
  flags = 0x40c // set up, with a user PIN, and a login is required
  triesLeft = 3
  isPresent = true
  objects: FakeObject[] = []
  /** For keys that want a PIN for each signature, when it is another one; it has tries of its own. */
  signaturePin: string | undefined
  signatureTriesLeft = 3
  /** Each PIN that was tried; undefined for a keypad. */
  readonly logins: (string | undefined)[] = []
  /** The sessions end, as if the card had been drawn and put back. */
  breakSessions = (): void => {
    this.sessions.clear()
    this.isLoggedIn = false
  }
  readonly sessions = new Set<string>()
  isLoggedIn = false
  /** Thrown by the next signature. */
  nextError: string | undefined

  get info(): TokenInfo {
    const pad = (text: string) => text.padEnd(32)
    const low = this.triesLeft === 1 ? 0x20000 : 0
    const locked = this.triesLeft === 0 ? 0x40000 : 0
    return {
      label: pad(this.label),
      manufacturerID: pad('Fake'),
      model: pad('One'),
      serialNumber: this.serial.padEnd(16),
      flags: this.flags | low | locked,
    }
  }
}

/** A PKCS #11 module with these tokens; as strict about its state as SoftHSM is. */
export class FakeModule implements Cryptoki {
  readonly #tokens: readonly FakeToken[]
  readonly loaded: string[] = []
  isInitialized = false
  finalized = 0
  #sessions = 0
  #signing: { readonly mechanism: Mechanism; readonly key: FakeObject } | undefined
  #found: Handle[] = []

  constructor(tokens: readonly FakeToken[]) {
    this.#tokens = tokens
  }

  load(path: string): void {
    if (path.includes('missing')) throw new Error(`${path}: cannot open shared object file`)
    this.loaded.push(path)
  }
  close(): void {}
  C_Initialize(): void {
    if (this.isInitialized) throw new Error('CKR_CRYPTOKI_ALREADY_INITIALIZED')
    this.isInitialized = true
  }
  C_Finalize(): void {
    this.isInitialized = false
    this.finalized++
    for (const token of this.#tokens) token.breakSessions()
  }
  C_GetSlotList(): Handle[] {
    this.#check()
    return this.#tokens.flatMap(({ isPresent }, index) => (isPresent ? [ulong(index)] : []))
  }
  C_GetTokenInfo(slot: Handle): TokenInfo {
    return this.#tokens[slot.readUInt32LE()]!.info
  }
  C_OpenSession(slot: Handle): Handle {
    this.#check()
    const session = Buffer.concat([slot, ulong(++this.#sessions)])
    this.#tokens[slot.readUInt32LE()]!.sessions.add(session.toString('hex'))
    return session
  }
  C_CloseSession(session: Handle): void {
    this.#signing = undefined
    const token = this.#tokenOf(session)
    token.sessions.delete(session.toString('hex'))
    if (token.sessions.size === 0) token.isLoggedIn = false
  }
  C_GetSessionInfo(session: Handle): { state: number } {
    return { state: this.#tokenOf(session).isLoggedIn ? 1 : 0 }
  }
  C_Login(session: Handle, userType: number, pin?: string): void {
    const token = this.#tokenOf(session)
    if (userType === 1 && token.isLoggedIn) throw new Error('CKR_USER_ALREADY_LOGGED_IN')
    token.logins.push(pin)
    if (userType === 2 && token.signaturePin !== undefined) {
      if (token.signatureTriesLeft > 0 && pin === token.signaturePin) return
      token.signatureTriesLeft = Math.max(0, token.signatureTriesLeft - 1)
      throw new Error(token.signatureTriesLeft === 0 ? 'CKR_PIN_LOCKED' : 'CKR_PIN_INCORRECT')
    }
    if (token.triesLeft === 0) throw new Error('CKR_PIN_LOCKED')
    if ((pin ?? token.pin) !== token.pin) {
      token.triesLeft--
      throw new Error(token.triesLeft === 0 ? 'CKR_PIN_LOCKED' : 'CKR_PIN_INCORRECT')
    }
    token.isLoggedIn = true
  }
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void {
    const token = this.#tokenOf(session)
    this.#found = token.objects.flatMap(({ attributes, key }, index) => {
      const fits = template.every(({ type, value }) => attributes[type]?.equals(octets(value)) === true)
      return fits && (!key || token.isLoggedIn) ? [ulong(index)] : []
    })
  }
  C_FindObjects(_: Handle, most: number): Handle[] {
    return this.#found.splice(0, most)
  }
  C_FindObjectsFinal(): void {
    this.#found = []
  }
  C_GetAttributeValue(session: Handle, object: Handle, [wanted]: readonly Attribute[]): { value?: unknown }[] {
    const value = this.#tokenOf(session).objects[object.readUInt32LE()]?.attributes[wanted?.type ?? -1]
    if (!value) throw new Error('CKR_ATTRIBUTE_TYPE_INVALID')
    return [{ value }]
  }
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void {
    const token = this.#tokenOf(session)
    if (!token.isLoggedIn) throw new Error('CKR_USER_NOT_LOGGED_IN')
    if (this.#signing) throw new Error('CKR_OPERATION_ACTIVE')
    const object = token.objects[key.readUInt32LE()]
    if (!object?.key) throw new Error('CKR_KEY_HANDLE_INVALID')
    this.#signing = { mechanism, key: object }
  }
  async C_SignAsync(session: Handle, given: Buffer): Promise<Buffer> {
    const { mechanism, key } = this.#signing!
    this.#signing = undefined
    await Promise.resolve()
    const token = this.#tokenOf(session)
    const error = token.nextError
    token.nextError = undefined
    if (error !== undefined) throw new Error(error)
    return signature(key.key!, mechanism.mechanism, given, mechanism.parameter?.hashAlg)
  }

  #check(): void {
    if (!this.isInitialized) throw new Error('CKR_CRYPTOKI_NOT_INITIALIZED')
  }
  #tokenOf(session: Handle): FakeToken {
    this.#check()
    const token = this.#tokens[session.readUInt32LE()]!
    if (!token.isPresent) throw new Error('CKR_TOKEN_NOT_PRESENT')
    if (!token.sessions.has(session.toString('hex'))) throw new Error('CKR_SESSION_HANDLE_INVALID')
    return token
  }
}

/** What a token does with a digest that it is given. OpenSSL by way of Node signs no digest with ECDSA and PSS, so a message stands in for it. */
function signature(key: KeyObject, mechanism: number, given: Buffer, hash?: number): Buffer {
  if (mechanism === 0x01) return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, given)
  if (mechanism === 0x1057) return sign(null, given, key)
  const message = messages.get(given.toString('hex'))
  if (message === undefined) throw new Error('CKR_DATA_INVALID')
  if (mechanism === 0x1041) return sign(message.digest, message.octets, { key, dsaEncoding: 'ieee-p1363' })
  if (mechanism !== 0x0d || hash === undefined) throw new Error('CKR_MECHANISM_INVALID')
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return sign(message.digest, message.octets, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
}

/** Messages by their digests, cut to what a token is given. */
export const messages = new Map<string, { readonly octets: Buffer; readonly digest: string }>()

/** A CK_ULONG of a machine of 64 bits. */
export function ulong(value: number): Buffer {
  const result = Buffer.alloc(8)
  result.writeUInt32LE(value)
  return result
}

function octets(value: Attribute['value']): Buffer {
  return Buffer.isBuffer(value) ? value : typeof value === 'number' ? ulong(value) : Buffer.from(String(value))
}

/** A certificate as a token has it. */
export function certificateObject(der: Uint8Array, label: string, id: string): FakeObject {
  return { attributes: { 0: ulong(1), 3: Buffer.from(label), 0x11: Buffer.from(der), 0x102: Buffer.from(id, 'hex') } }
}

/** A private key as a token has it, and its public key beside it. */
export function keyObjects(pem: string | KeyObject, label: string, id: string): FakeObject[] {
  const key = typeof pem === 'string' ? createPrivateKey(pem) : pem
  const names = { 3: Buffer.from(label), 0x102: Buffer.from(id, 'hex') }
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  const number = (text: string | undefined) => Buffer.from(text ?? '', 'base64url')
  if (jwk.kty === 'RSA') {
    const numbers = { 0x120: number(jwk.n), 0x122: number(jwk.e) }
    return [{ key, attributes: { 0: ulong(3), 0x100: ulong(0), ...names, ...numbers } }]
  }
  const isEc = jwk.kty === 'EC'
  const point = isEc ? Buffer.concat([Buffer.of(4), number(jwk.x), number(jwk.y)]) : number(jwk.x)
  const head = point.length > 127 ? [4, 0x81, point.length] : [4, point.length]
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const algorithm = spki.subarray(spki[1]! > 127 ? 3 : 2)
  // AlgorithmIdentifier: for EC the curve stands behind the OID of EC keys, which has nine octets
  const parameters = isEc ? algorithm.subarray(11, 2 + algorithm[1]!) : algorithm.subarray(2, 2 + algorithm[1]!)
  const type = ulong(isEc ? 3 : 0x40)
  const publicPart = { 0x180: parameters, 0x181: Buffer.concat([Buffer.from(head), point]) }
  return [
    { key, attributes: { 0: ulong(3), 0x100: type, ...names } },
    { attributes: { 0: ulong(2), 0x100: type, ...names, ...publicPart } },
  ]
}
