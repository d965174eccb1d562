import { BerError } from '../asn1/ber-reader.js'
import { readCertificate } from '../read-certificate.js'
import { firstElement } from '../read-certificates.js'
import { refusal } from '../refusal.js'
import { encryptedKey } from './encrypted-key.js'
import { oldEncryptedKey } from './old-encrypted-key.js'
import type { Opener, StoreContents, StoredCertificate, StoredKey, StoredPublicKey, StoreInput } from './opener.js'
import { pemBlocks } from './pem-blocks.js'
import type { PemBlock } from './pem-blocks.js'
import { CONVERT, UnsupportedEncryption } from './pkcs12/pbe.js'
import { storedKey } from './private-key-info.js'
import type { KeyForm } from './private-key-info.js'
import { storedPublicKey } from './public-key.js'
import { certificatesIn, isSignedData } from './signed-data.js'
import { opensshKey } from './ssh/openssh-key.js'
import { storeText } from './store-text.js'
import { Turn } from './turn.js'
import type { Steps } from './steps.js'

/** PEM (RFC 7468): certificates and keys in any order, with any text around them. */
export const pemStore: Opener = {
  recognises: (octets) => storeText(octets).includes('-----BEGIN '),
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
  'OPENSSH PRIVATE KEY': 'openssh',
  // refused by name: passed over, they would leave one puzzled why there is no key
  'DSA PRIVATE KEY': 'foreign',
  PKCS7: 'signed-data',
  'PKCS #7 SIGNED DATA': 'signed-data',
  CMS: 'signed-data',
  'PUBLIC KEY': 'spki',
  'RSA PUBLIC KEY': 'rsa-public',
} as const satisfies Readonly<Record<string, Content>>

type PrivateContent = KeyForm | 'encrypted' | 'openssh' | 'foreign'
type Content = PrivateContent | 'certificate' | 'signed-data' | 'spki' | 'rsa-public'

type Label = keyof typeof BLOCKS
const LABELS = Object.keys(BLOCKS) as readonly Label[]

function* open(input: StoreInput): Steps<StoreContents> {
  const { place, sourceField } = input
  const found: Found = { certificates: [], keys: [], publicKeys: [] }
  const turn = new Turn()
  for (const block of pemBlocks(withLineEnds(storeText(input.octets)), LABELS, place, sourceField)) {
    yield* turn.pass()
    try {
      yield* readBlock(block, input, found)
    } catch (error) {
      if (!(error instanceof BerError)) throw error
      const message = `the ${block.label} in ${place} cannot be read: ${error.message}`
      const hint = error instanceof UnsupportedEncryption ? CONVERT : (HINTS[block.label] ?? HINT)
      throw refusal('certificate.format', sourceField, message, hint, error)
    }
  }
  if (found.certificates.length + found.keys.length + found.publicKeys.length === 0) {
    const hint = 'It should have lines such as -----BEGIN CERTIFICATE----- or -----BEGIN PRIVATE KEY-----.'
    throw refusal('certificate.format', sourceField, `${place} has no certificate and no key in PEM`, hint)
  }
  return found
}

/** In the environment and in JSON, line ends are often written out. */
function withLineEnds(text: string): string {
  const isWrittenOut = /-----BEGIN [A-Z0-9 #]{1,40}-----\\[nr]/.test(text.slice(0, MAX_BEFORE))
  return isWrittenOut ? text.replaceAll(/\\r\\n|\\r|\\n/g, '\n') : text
}

/** What may stand before the first block. */
const MAX_BEFORE = 4096

const HINT = 'Check that the file is complete.'
const HINTS: Partial<Record<Label, string>> = {
  'OPENSSH PRIVATE KEY': `${HINT} ssh-keygen -p -m PKCS8 writes the key in a form that everybody reads.`,
}

/** What is being put together. */
interface Found {
  readonly certificates: StoredCertificate[]
  readonly keys: StoredKey[]
  readonly publicKeys: StoredPublicKey[]
}

function* readBlock(block: PemBlock<Label>, input: StoreInput, found: Found): Steps<void> {
  const { octets } = block
  const { sourceField } = input
  const content = BLOCKS[block.label]
  // certutil of Windows writes P7B as CERTIFICATE
  if (content === 'signed-data' || (content === 'certificate' && isSignedData(octets))) {
    found.certificates.push(...(yield* certificatesIn(octets, sourceField)))
    return
  }
  switch (content) {
    case 'certificate':
      found.certificates.push({ certificate: readCertificate(firstElement(octets), sourceField) })
      return
    case 'spki':
    case 'rsa-public':
      found.publicKeys.push(storedPublicKey(octets, content === 'spki' ? 'spki' : 'pkcs1'))
      return
    default:
      found.keys.push(yield* keyIn(block, content, input))
  }
}

function* keyIn(block: PemBlock<Label>, content: PrivateContent, input: StoreInput): Steps<StoredKey> {
  const { label, octets } = block
  const { place, sourceField } = input
  if (content === 'foreign') {
    const message = `${place} has a key of a kind that cannot be used (${label})`
    throw refusal('certificate.format', sourceField, message, 'Give an RSA, EC or Ed25519 key as PKCS #8.')
  }
  if (content === 'openssh') return yield* opensshKey(octets, input)
  if (content === 'encrypted') return yield* encryptedKey(octets, input)
  return block.encrypted ? oldEncryptedKey(block, content, input) : storedKey(octets, content, sourceField)
}
