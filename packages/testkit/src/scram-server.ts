import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

/** The other side of SCRAM, written from RFC 5802 3 and 5 by itself: it keeps StoredKey and ServerKey, and no password. */
export class ScramServer {
  readonly #hash: string
  readonly #salt: Buffer
  readonly #iterations: number
  readonly #storedKey: Buffer
  readonly #serverKey: Buffer
  /** What the client sent first. */
  header = ''
  bare = ''
  #first = ''
  nonce = ''

  constructor(hash: string, password: string, salt: Buffer = Buffer.from('salt'), iterations = 4096) {
    this.#hash = hash
    this.#salt = salt
    this.#iterations = iterations
    const size = createHash(hash).digest().length
    const salted = pbkdf2Sync(password, salt, iterations, size, hash)
    this.#storedKey = createHash(hash).update(this.#mac(salted, 'Client Key')).digest()
    this.#serverKey = this.#mac(salted, 'Server Key')
  }

  first(clientFirst: string, ownNonce = 'server-nonce'): string {
    const [, header = '', bare = ''] = /^([^,]*,[^,]*,)(.*)$/s.exec(clientFirst) ?? []
    this.header = header
    this.bare = bare
    this.nonce = `${/(?:^|,)r=([^,]*)/.exec(bare)?.[1]}${ownNonce}`
    this.#first = `r=${this.nonce},s=${this.#salt.toString('base64')},i=${this.#iterations}`
    return this.#first
  }

  /** The last message; throws when the client does not know the password, or bound to something else. */
  final(clientFinal: string, binding: Uint8Array = new Uint8Array()): string {
    const [, withoutProof = '', bound = '', nonce, proof = ''] =
      /^(c=([^,]*),r=([^,]*)),p=(.*)$/.exec(clientFinal) ?? []
    const wanted = Buffer.concat([Buffer.from(this.header), binding])
    if (!Buffer.from(bound, 'base64').equals(wanted)) throw new Error('channel-bindings-dont-match')
    if (nonce !== this.nonce) throw new Error('other-error')
    const message = `${this.bare},${this.#first},${withoutProof}`
    const signature = this.#mac(this.#storedKey, message)
    const clientKey = Buffer.from(proof, 'base64').map((octet, index) => octet ^ signature[index]!)
    if (!createHash(this.#hash).update(clientKey).digest().equals(this.#storedKey)) throw new Error('invalid-proof')
    return `v=${this.#mac(this.#serverKey, message).toString('base64')}`
  }

  #mac(key: Uint8Array, data: string): Buffer {
    return createHmac(this.#hash, key).update(data).digest()
  }
}
