import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { BerError } from '../asn1/ber-reader.js'
import { readCertificate } from '../read-certificate.js'
import { firstElement } from '../read-certificates.js'
import { refusal } from '../refusal.js'
import { encryptedKey, keyPasswordNeeded, keyPasswordWrong } from './encrypted-key.js'
import type { Opener, StoreContents, StoredCertificate, StoredKey, StoreInput } from './opener.js'
import { pemBlocks } from './pem-blocks.js'
import type { PemBlock } from './pem-blocks.js'
import { storedKey, storedKeyOf } from './private-key-info.js'
import type { KeyForm } from './private-key-info.js'
import { Turn } from './turn.js'

/** PEM (RFC 7468): certificates and private keys in any order, with any text around them. */
export const pemStore: Opener = {
  recognises: (octets) => asText(octets).includes('-----BEGIN '),
  open,
}

/** What is in a block with this label; OpenSSL reads all three labels of certificates. */
const BLOCKS = {
  CERTIFICATE: 'certificate',
  'X509 CERTIFICATE': 'certificate',
  'TRUSTED CERTIFICATE': 'certificate',
  'PRIVATE KEY': 'pkcs8',
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
  'ENCRYPTED PRIVATE KEY': 'encrypted',
  // refused by name: passed over, they would leave one puzzled why there is no key
  'OPENSSH PRIVATE KEY': 'foreign',
  'DSA PRIVATE KEY': 'foreign',
} as const satisfies Readonly<Record<string, KeyForm | 'certificate' | 'encrypted' | 'foreign'>>

type Label = keyof typeof BLOCKS
const LABELS = Object.keys(BLOCKS) as readonly Label[]

async function open(input: StoreInput): Promise<StoreContents> {
  const { place, sourceField } = input
  const certificates: StoredCertificate[] = []
  const keys: StoredKey[] = []
  const turn = new Turn()
  for (const block of pemBlocks(asText(input.octets), LABELS, place, sourceField)) {
    await turn.pass()
    const content = BLOCKS[block.label]
    if (content === 'certificate') {
      certificates.push({ certificate: readCertificate(firstElement(block.octets), sourceField) })
    } else {
      keys.push(await keyIn(block, content, input))
    }
  }
  if (certificates.length === 0 && keys.length === 0) {
    const hint = 'It should have lines such as -----BEGIN CERTIFICATE----- or -----BEGIN PRIVATE KEY-----.'
    throw refusal('certificate.format', sourceField, `${place} has no certificate and no private key in PEM`, hint)
  }
  return { certificates, keys }
}

async function keyIn(
  block: PemBlock<Label>,
  content: KeyForm | 'encrypted' | 'foreign',
  input: StoreInput,
): Promise<StoredKey> {
  const { label, octets } = block
  const { place, sourceField } = input
  if (content === 'foreign') {
    const hint = 'Give an RSA, EC or Ed25519 key as PKCS #8; ssh-keygen -p -m PKCS8 converts a key of OpenSSH.'
    throw refusal(
      'certificate.format',
      sourceField,
      `${place} has a key of a kind that cannot be used (${label})`,
      hint,
    )
  }
  try {
    if (content === 'encrypted') return await encryptedKey(octets, input)
    return block.encrypted
      ? storedKeyOf(oldEncryptedKey(block, input), sourceField)
      : storedKey(octets, content, sourceField)
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    const message = `the ${label} in ${place} cannot be read: ${error.message}`
    throw refusal('certificate.format', sourceField, message, 'Check that the file is complete.', error)
  }
}

/** The encryption of RFC 1421 4.6.1.1 as OpenSSL does it: one round of MD5 over the password, which Node has. */
function oldEncryptedKey(block: PemBlock, input: StoreInput): KeyObject {
  const password = input.keyPassword ?? input.password
  if (!password) throw keyPasswordNeeded(input)
  try {
    return createPrivateKey({ key: block.text, format: 'pem', passphrase: password.reveal() })
  } catch (error) {
    throw keyPasswordWrong(input, error)
  }
}

function asText(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
}
