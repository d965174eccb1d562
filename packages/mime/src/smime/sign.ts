import { InvariantError, type Content } from '@posthorn/ground'
import { contentOf } from '../body/content.js'
import type { Part } from '../body/part.js'
import { randomHex, type RandomOctets } from '../random-block.js'
import { refusal } from '../refusal.js'
import { hashContent } from './hash-content.js'
import type { SignOptions } from './options.js'
import { signedAttributes } from './signed-attributes.js'
import { detachedSignedData, opaqueSignedData, signerInfo, type SignedDataParts } from './signed-data.js'
import { signerOf, type Signer } from './signer.js'

const SIGNATURE_FIELDS =
  'Content-Type: application/pkcs7-signature; name=smime.p7s\r\n' +
  'Content-Transfer-Encoding: base64\r\n' +
  'Content-Disposition: attachment; filename=smime.p7s\r\n'
const OPAQUE_FIELDS =
  'Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n' +
  'Content-Transfer-Encoding: base64\r\n' +
  'Content-Disposition: attachment; filename=smime.p7m\r\n'

/**
 * Signs a body (RFC 8551 3.5): the part as it stands goes into a multipart/signed with the signature behind it, or into one
 * application/pkcs7-mime. The part is read once here, in slices between which the event loop goes on, and again at each opening of what
 * is returned. The signature is made once: a source that gives other octets later is a source that breaks its promise, which those who
 * read it with a known size see by the size and those who read the message by the signature.
 * @throws {SettingsError} `smime.option`, `smime.digest`, `smime.key`, `certificate.expired`, `certificate.not-yet-valid`,
 * `certificate.wrong-usage`; `smime.not-7bit` when a detached signature would cover octets that a relay may change
 */
export async function signPart(part: Part, options: SignOptions, random: RandomOctets): Promise<Part> {
  const signer = signerOf(options)
  if (signer.form === 'opaque') return opaque(part, signer)
  const widest = part.encoding ?? '7bit'
  if (widest !== '7bit') {
    throw refusal(
      'smime.not-7bit',
      'body',
      `is ${widest} and would be signed as it stands, so a relay that recodes it breaks the signature (RFC 8551 3.1.3)`,
      'Put the ready part into base64 or quoted-printable, or sign in the opaque form.',
    )
  }
  return detached(part, signer, random)
}

async function detached(part: Part, signer: Signer, random: RandomOctets): Promise<Part> {
  const boundary = boundaryFor(part, random)
  const entity = contentOf([`${part.fields}\r\n`, ...part.pieces], '7bit')
  const { digest } = await hashContent(entity, signer.digestAlgorithm)
  const signature = detachedSignedData(await signed(signer, digest))
  return {
    fields:
      'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n' +
      ` micalg=${signer.digestAlgorithm.micalg}; boundary="${boundary}"\r\n`,
    pieces: [
      `--${boundary}\r\n`,
      ...(entity.octets ? [entity.octets] : [`${part.fields}\r\n`, ...part.pieces]),
      `\r\n--${boundary}\r\n${SIGNATURE_FIELDS}\r\n`,
      { base64: inMemory(signature) },
      `--${boundary}--\r\n`,
    ],
    endsLine: true,
  }
}

async function opaque(part: Part, signer: Signer): Promise<Part> {
  const widest = part.encoding === undefined || part.encoding === '7bit' ? '7bit' : '8bit'
  const entity = contentOf([`${part.fields}\r\n`, ...part.pieces], widest)
  const { digest, sizeOctets } = await hashContent(entity, signer.digestAlgorithm)
  const { before, behind } = opaqueSignedData(await signed(signer, digest), sizeOctets)
  const source = entity.octets
    ? inMemory(Buffer.concat([before, entity.octets, behind]))
    : {
        sizeOctets: before.length + sizeOctets + behind.length,
        read: () => between(before, entity, behind),
      }
  return { fields: OPAQUE_FIELDS, pieces: [{ base64: source }], endsLine: true }
}

async function signed(signer: Signer, messageDigest: Uint8Array): Promise<SignedDataParts> {
  const { certificate } = signer.identity
  const attributes = signedAttributes(certificate, messageDigest, signer.signedAt)
  const signature = await signer.sign(attributes)
  return {
    digestIdentifier: signer.digestIdentifier,
    certificates: signer.certificates,
    signerInfo: signerInfo(certificate, signer.digestIdentifier, attributes, signer.signatureIdentifier, signature),
  }
}

/** "=_" cannot occur in base64 and quoted-printable; the fields are searched because the part may be signed already (triple wrap). */
function boundaryFor({ fields }: Part, random: RandomOctets): string {
  for (let attempt = 0; attempt < 100; attempt++) {
    const digits = randomHex(random, 16)
    if (!fields.includes(digits)) return `=_s_${digits}`
  }
  throw new InvariantError('no boundary was found that the part does not hold; the random octets are not random')
}

function inMemory(octets: Uint8Array) {
  return {
    octets,
    sizeOctets: octets.length,
    async *read() {
      yield octets
    },
  }
}

async function* between(before: Uint8Array, content: Content, behind: Uint8Array): AsyncGenerator<Uint8Array> {
  yield before
  yield* content.open()
  yield behind
}
