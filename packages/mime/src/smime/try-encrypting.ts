import { InvariantError } from '@posthorn/ground'
import type { Part } from '../body/part.js'
import { randomFromBlock } from '../random-block.js'
import { CIPHERS } from './content-cipher.js'
import { encryptPart } from './encrypt.js'
import { certificatesFor } from './encrypt-certificates.js'
import { readEnveloped } from './enveloped-reader.js'
import type { EncryptOptions } from './options.js'

const SAMPLE: Part = {
  fields: 'Content-Type: text/plain; charset=us-ascii\r\n',
  pieces: ['A sample, to see whether encrypting works.\r\n'],
  endsLine: true,
}

/**
 * Encrypts a sample with these settings and reads it back, so that an administrator sees whether they work before mail depends on them.
 * Opening it takes the private keys of the recipients, which are not here.
 * @param addresses who it is for; without them the certificate for everybody is tried, else every certificate of the list
 * @throws {SettingsError} as `encryptPart` does, naming the cause
 * @source BeyondTrust, Encrypt: Verify
 */
export async function tryEncrypting(options: EncryptOptions, addresses?: readonly string[]): Promise<void> {
  const tried = addresses ? options : forEverybody(options)
  const wanted = await certificatesFor(tried, addresses ?? [])
  const { pieces } = await encryptPart(SAMPLE, tried, addresses ?? [], randomFromBlock)
  const [piece] = pieces
  if (typeof piece !== 'object' || !('base64' in piece)) throw new InvariantError('an encrypted part is not in base64')
  const { recipients, algorithm, authenticated } = await readEnveloped(piece.base64)
  const cipher = CIPHERS.find(({ oid }) => oid === algorithm.oid)
  const named = wanted.every(({ issuerDer, serialNumber }) =>
    recipients.some(
      ({ id }) =>
        'issuerDer' in id &&
        Buffer.compare(id.issuerDer, issuerDer) === 0 &&
        Buffer.compare(id.serialNumber, serialNumber) === 0,
    ),
  )
  if (
    !named ||
    recipients.length !== wanted.length ||
    cipher?.name !== (options.cipher ?? 'aes-256-cbc') ||
    cipher.authenticated !== authenticated
  ) {
    throw new InvariantError('an encrypted sample does not read back as it was asked for')
  }
}

function forEverybody(options: EncryptOptions): EncryptOptions {
  const { forAll, certificates = [], alsoFor = [] } = options
  const tried = forAll ? [forAll] : typeof certificates === 'function' ? [] : certificates
  return { ...options, alsoFor: [...tried, ...alsoFor] }
}
