import { base64Octets } from '../../base64.js'
import { BerError } from '../../asn1/ber-reader.js'

/** How the key of a PPK file is derived from its password; version 3 alone has it. */
export interface Argon2Parameters {
  readonly kind: 'argon2d' | 'argon2i' | 'argon2id'
  readonly memoryKib: number
  readonly passes: number
  readonly parallelism: number
  readonly salt: Buffer
}

/** The fields of a key file of PuTTY (PuTTY manual, appendix C), not decrypted and not checked yet. */
export interface PpkFile {
  readonly version: 2 | 3
  /** `ssh-rsa`, `ecdsa-sha2-nistp256`, ... */
  readonly algorithm: string
  readonly encrypted: boolean
  readonly comment: string
  readonly publicBlob: Buffer
  readonly privateBlob: Buffer
  /** Undefined for a plain key, and in version 2. */
  readonly argon2: Argon2Parameters | undefined
  readonly mac: Buffer
}

const MAX_CHARACTERS = 256 * 1024
/** 64 octets of base64 each: 32 KiB. */
const MAX_LINES = 700

/**
 * Reads the lines of a PPK file; any line ends are taken, as PuTTY takes them.
 * @throws {BerError} when it is no such file, or of a version that is not supported
 */
export function readPpk(text: string): PpkFile {
  if (text.length > MAX_CHARACTERS) throw new BerError('it is larger than 256 KiB')
  const fields = new PpkFields(text.split(/\r\n|\r|\n/))
  const [, version] = /^PuTTY-User-Key-File-(\d{1,2}): /.exec(text) ?? []
  if (version === '1') throw new BerError('it is of version 1, which proves nothing; puttygen saves it as version 3')
  if (version !== '2' && version !== '3') throw new BerError('it is of no version that is known')
  const algorithm = fields.value(`PuTTY-User-Key-File-${version}`)
  const encryption = fields.value('Encryption')
  if (encryption !== 'none' && encryption !== 'aes256-cbc') throw new BerError('its encryption is not supported')
  const comment = fields.value('Comment')
  const publicBlob = fields.block('Public-Lines')
  const argon2 = version === '3' && encryption !== 'none' ? argon2Parameters(fields) : undefined
  const privateBlob = fields.block('Private-Lines')
  const mac = fields.hex('Private-MAC')
  fields.end()
  return {
    version: version === '2' ? 2 : 3,
    algorithm,
    encrypted: encryption !== 'none',
    comment,
    publicBlob,
    privateBlob,
    argon2,
    mac,
  }
}

const KINDS = { Argon2d: 'argon2d', Argon2i: 'argon2i', Argon2id: 'argon2id' } as const

function argon2Parameters(fields: PpkFields): Argon2Parameters {
  const name = fields.value('Key-Derivation')
  if (!Object.hasOwn(KINDS, name)) throw new BerError('its key derivation is not known')
  return {
    kind: KINDS[name as keyof typeof KINDS],
    memoryKib: fields.number('Argon2-Memory'),
    passes: fields.number('Argon2-Passes'),
    parallelism: fields.number('Argon2-Parallelism'),
    salt: fields.hex('Argon2-Salt'),
  }
}

/** The lines, one after the other: the fields have one order. */
class PpkFields {
  readonly #lines: readonly string[]
  #at = 0

  constructor(lines: readonly string[]) {
    this.#lines = lines
  }

  value(name: string): string {
    const line = this.#lines[this.#at++]
    if (!line?.startsWith(`${name}: `)) throw new BerError(`its line '${name}' is missing`)
    return line.slice(name.length + 2)
  }

  number(name: string): number {
    const value = this.value(name)
    if (!/^\d{1,9}$/.test(value)) throw new BerError(`its line '${name}' is no number`)
    return Number(value)
  }

  hex(name: string): Buffer {
    const value = this.value(name)
    if (!/^(?:[\da-f]{2}){1,1024}$/i.test(value)) throw new BerError(`its line '${name}' is not hexadecimal`)
    return Buffer.from(value, 'hex')
  }

  block(name: string): Buffer {
    const count = this.number(name)
    if (count < 1 || count > MAX_LINES) throw new BerError(`its line '${name}' is out of range`)
    const octets = base64Octets(this.#lines.slice(this.#at, this.#at + count).join(''))
    if (!octets || this.#at + count > this.#lines.length) throw new BerError(`what follows '${name}' is not base64`)
    this.#at += count
    return octets
  }

  end(): void {
    if (this.#lines.slice(this.#at).some((line) => line.trim() !== '')) throw new BerError('something follows its end')
  }
}
