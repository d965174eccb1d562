import { readFileSync } from 'node:fs'
import {
  openCertificateStore,
  Secret,
  type Certificate,
  type ComposeOptions,
  type ContentCipher,
  type DkimOptions,
} from 'posthorn'
import { firstLine, readText, unreadable } from './read-file.js'
import { usageError } from './usage-error.js'

/** The flags that sign and encrypt. */
export interface ProtectionFlags {
  readonly sign?: string
  readonly signPasswordFile?: string
  readonly opaque?: boolean
  readonly encrypt?: readonly string[]
  readonly cipher?: string
  readonly dkim?: readonly string[]
}

const CIPHERS: readonly string[] = [
  'aes-128-cbc',
  'aes-192-cbc',
  'aes-256-cbc',
  'aes-128-gcm',
  'aes-192-gcm',
  'aes-256-gcm',
] satisfies ContentCipher[]

/**
 * How a message is protected: `--sign`, `--encrypt` and `--dkim` as options of `compose`. Files are read here, so that a mistake shows
 * before anything is composed.
 * @throws {SettingsError} `usage.flag`, `content.unreadable`, `certificate.*`
 */
export async function protectionFromFlags(flags: ProtectionFlags): Promise<ComposeOptions> {
  const sign = flags.sign === undefined ? undefined : await signing(flags.sign, flags)
  const encrypt = flags.encrypt === undefined ? undefined : await encrypting(flags.encrypt, flags.cipher)
  const smime = { ...(sign ? { sign } : {}), ...(encrypt ? { encrypt } : {}) }
  return {
    ...(sign || encrypt ? { smime } : {}),
    ...(flags.dkim === undefined ? {} : { dkim: flags.dkim.map(dkimSignature) }),
  }
}

async function signing(path: string, { signPasswordFile, opaque }: ProtectionFlags) {
  const password = signPasswordFile === undefined ? undefined : firstLine(signPasswordFile, '--sign-password-file')
  const store = await openCertificateStore({
    source: readOctets(path, '--sign'),
    ...(password === undefined ? {} : { password: new Secret(password) }),
  })
  return { identity: store.identity(), ...(opaque ? { form: 'opaque' as const } : {}) }
}

async function encrypting(paths: readonly string[], cipher: string | undefined) {
  if (cipher !== undefined && !CIPHERS.includes(cipher))
    throw usageError('--cipher', `cannot be ${JSON.stringify(cipher)}`, `Use one of ${CIPHERS.join(', ')}.`)
  const certificates: Certificate[] = []
  for (const path of paths) {
    const store = await openCertificateStore({ source: readOctets(path, '--encrypt') })
    certificates.push(...store.certificates)
  }
  return { certificates, ...(cipher === undefined ? {} : { cipher: cipher as ContentCipher }) }
}

/** `domain:selector:FILE`; the file is the last, since a path may hold colons. */
function dkimSignature(value: string): DkimOptions {
  const [domain, selector, ...path] = value.split(':')
  if (!domain || !selector || path.length === 0 || path.join('') === '')
    throw usageError('--dkim', 'must be DOMAIN:SELECTOR:FILE', 'Write --dkim example.com:s2026:private-key.pem.')
  return { domain, selector, privateKey: new Secret(readText(path.join(':'), '--dkim')) }
}

export function readOctets(path: string, flag: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw unreadable(flag, path, error)
  }
}
