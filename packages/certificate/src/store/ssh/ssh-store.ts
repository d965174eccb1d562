import { base64Octets } from '../../base64.js'
import { BerError } from '../../asn1/ber-reader.js'
import { refusal } from '../../refusal.js'
import type { Opener, StoreContents, StoredPublicKey, StoreInput } from '../opener.js'
import { pemBlocks } from '../pem-blocks.js'
import { beginningOf, storeText } from '../store-text.js'
import { Turn } from '../turn.js'
import { opensshKey } from './openssh-key.js'
import { readSshPublicKey, SSH_KEY_TYPES, sshPublicKeyObject, UnsupportedKind } from './ssh-key.js'
import type { Steps } from '../steps.js'

/**
 * Keys of SSH: the lines of OpenSSH (`ssh-rsa AAAA... comment`, `.pub`, also `authorized_keys`), RFC 4716, and the private keys of OpenSSH.
 */
export const sshStore: Opener = { recognises, open }

const SSH2_BEGIN = '---- BEGIN SSH2 PUBLIC KEY ----'
const SSH2_END = '---- END SSH2 PUBLIC KEY ----'
const SSH2_PRIVATE = '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----'
const OPENSSH_BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----'

function recognises(octets: Uint8Array): boolean {
  const beginning = beginningOf(octets)
  return (
    beginning.startsWith('---- BEGIN SSH2 ') ||
    /^(?:ssh-|ecdsa-sha2-|sk-)[\w@.-]+[ \t]/.test(afterOptions(firstLine(beginning)))
  )
}

/** The first line that is no comment. */
function firstLine(text: string): string {
  return (
    text
      .split(/\r\n?|\n/, MAX_LINES)
      .find((line) => !/^\s*(?:#|$)/.test(line))
      ?.trim() ?? ''
  )
}

/** The options of `authorized_keys` (sshd(8)): names and, with quotation marks around what may have blanks in it, values. */
const OPTIONS = /^[\w@.-]+(?:="(?:[^"\\]|\\.)*")?(?:,[\w@.-]+(?:="(?:[^"\\]|\\.)*")?)*[ \t]+/

/** A line without the options before the key. */
function afterOptions(line: string): string {
  return /^(?:ssh-|ecdsa-sha2-|sk-)/.test(line) ? line : line.replace(OPTIONS, '')
}

/** Some thousand keys. */
const MAX_CHARACTERS = 1024 * 1024
const MAX_LINES = 10_000

function* open(input: StoreInput): Steps<StoreContents> {
  const { octets, place, sourceField } = input
  try {
    const text = storeText(octets)
    if (text.length > MAX_CHARACTERS) throw new BerError('it is larger than 1 MiB')
    if (text.includes(SSH2_PRIVATE)) throw new BerError('it is a private key of ssh.com, which is not supported')
    if (text.includes(OPENSSH_BEGIN)) return yield* privateKeys(text, input)
    const publicKeys = text.includes(SSH2_BEGIN) ? yield* ssh2Keys(text) : yield* lineKeys(text)
    if (publicKeys.length === 0) throw new BerError('it has no key')
    return { certificates: [], keys: [], publicKeys }
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    const message = `${place} cannot be read as a key of SSH: ${error.message}`
    const hint = `Give a key of one of the kinds ${SSH_KEY_TYPES.join(', ')}; ssh-keygen -e -m PKCS8 writes one as PEM.`
    throw refusal('certificate.format', sourceField, message, hint, error)
  }
}

function* privateKeys(text: string, input: StoreInput): Steps<StoreContents> {
  const keys = []
  for (const block of pemBlocks(text, ['OPENSSH PRIVATE KEY'], input.place, input.sourceField)) {
    keys.push(yield* opensshKey(block.octets, input))
  }
  return { certificates: [], keys }
}

/** One key a line; `authorized_keys` may have options before it (sshd(8)), and lines of comment. */
function* lineKeys(text: string): Steps<readonly StoredPublicKey[]> {
  const found: StoredPublicKey[] = []
  const turn = new Turn()
  let unsupported: UnsupportedKind | undefined
  const lines = text.split(/\r\n?|\n/, MAX_LINES + 1)
  if (lines.length > MAX_LINES) throw new BerError(`it has more than ${MAX_LINES} lines`)
  for (const line of lines) {
    yield* turn.pass()
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [, name, digits, comment = ''] =
      /^((?:ssh-|ecdsa-sha2-|sk-)\S*)[ \t]+(\S+)(.*)$/.exec(afterOptions(trimmed)) ?? []
    if (name === undefined || digits === undefined) throw new BerError('it has a line that is no key')
    try {
      const stored = publicKeyOf(digits, comment.trim().replaceAll(/[ \t]+/g, ' '))
      if (stored.type !== name) throw new BerError('it has a line that names two kinds of key')
      found.push(stored)
    } catch (error) {
      if (!(error instanceof UnsupportedKind)) throw error
      unsupported ??= error
    }
  }
  if (found.length === 0 && unsupported) throw unsupported
  return found
}

/** RFC 4716 3: header fields, which a backslash continues on the next line, then base64. */
function* ssh2Keys(text: string): Steps<readonly StoredPublicKey[]> {
  const found: StoredPublicKey[] = []
  const turn = new Turn()
  for (let at = text.indexOf(SSH2_BEGIN); at >= 0; at = text.indexOf(SSH2_BEGIN, at + SSH2_BEGIN.length)) {
    yield* turn.pass()
    const end = text.indexOf(SSH2_END, at)
    if (end < 0) throw new BerError('it has a key that does not end')
    const lines = text.slice(at + SSH2_BEGIN.length, end).split(/\r\n?|\n/)
    let comment = ''
    let digits = ''
    for (let index = 0; index < lines.length; index++) {
      let line = lines[index]!
      if (!line.includes(':')) {
        digits += line
        continue
      }
      while (line.endsWith('\\') && index + 1 < lines.length) line = line.slice(0, -1) + lines[++index]!
      const [, name, value] = /^([^:]+):[ \t]*(.*)$/.exec(line) ?? []
      if (name?.toLowerCase() === 'comment') comment = value!.replace(/^"(.*)"$/, '$1')
    }
    found.push(publicKeyOf(digits, comment))
    at = end
  }
  return found
}

function publicKeyOf(digits: string, comment: string): StoredPublicKey & { readonly type: string } {
  const blob = base64Octets(digits)
  if (!blob) throw new BerError('it has a key that is not base64')
  const { type, key } = readSshPublicKey(blob)
  return { type, publicKey: sshPublicKeyObject(key), name: comment === '' ? undefined : comment }
}
