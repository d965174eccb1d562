import type { Content } from '@posthorn/ground'
import { contentOf } from '../body/content.js'
import type { Part } from '../body/part.js'
import type { Source } from '../body/source.js'
import { parameterizedField } from '../header/parameter.js'
import type { RandomOctets } from '../random-block.js'
import { refusal } from '../refusal.js'
import { CIPHERS, encryption, MAX_GCM_OCTETS, newContentKey, type CipherFacts } from './content-cipher.js'
import { ContentRecord, type Difference } from './content-record.js'
import { certificatesFor } from './encrypt-certificates.js'
import { envelopeFrame, recipientInfo, type EnvelopeFrame, type RecipientInfo } from './enveloped-data.js'
import type { EncryptOptions } from './options.js'
import { Turn } from '../turn.js'

/** What is in memory and not longer than this is encrypted at once. */
const MAX_TOGETHER_OCTETS = 256 * 1024

/**
 * Encrypts a body part for the holders of certificates (RFC 8551 3.3, 3.4): EnvelopedData (RFC 5652 6), or with GCM AuthEnvelopedData
 * (RFC 5083). The key, the initialization vector and what each recipient gets are settled here, so every opening gives the same octets;
 * the content is encrypted while it is read, in constant memory. A part whose size is not known is read once to count it.
 *
 * What is read is remembered in 32 octets for each 128 KiB. A source that has changed between two openings would be encrypted twice under
 * one key, which gives away the difference, and with GCM the key of the tag: such an opening ends with `content.changed` before anything
 * is encrypted that differs.
 * @param addresses the recipients, `a@b` each
 * @param random for the initialization vector; the key comes from the system, whatever is given here
 * @throws {SettingsError} before anything is read or sent: see `certificatesFor`; `smime.cipher`, `smime.key-transport`, `smime.too-long`
 */
export async function encryptPart(
  part: Part,
  options: EncryptOptions,
  addresses: readonly string[],
  random: RandomOctets,
): Promise<Part> {
  const cipher = cipherOf(options)
  const padding = paddingOf(options)
  const certificates = await certificatesFor(options, addresses)
  const key = newContentKey(cipher)
  const iv = Uint8Array.from(random(cipher.ivOctets)) // a copy: what it gives is a view of a block that is filled again
  const recipients: RecipientInfo[] = []
  const turn = new Turn()
  for (const certificate of certificates) {
    recipients.push(recipientInfo(certificate, key, padding))
    if (turn.isOver) await turn.pass()
  }
  const plain = contentOf([`${part.fields}\r\n`, ...part.pieces], '8bit') // counts text as UTF-8, whatever it is
  const record = new ContentRecord('sha256', changed, plain.sizeOctets)
  const plainOctets = plain.sizeOctets ?? (await count(plain, record))
  if (cipher.authenticated && plainOctets > MAX_GCM_OCTETS) {
    throw refusal('smime.too-long', 'smime.encrypt.cipher', 'GCM encrypts no more than 64 GiB', 'Use aes-256-cbc.')
  }
  const sealed = {
    cipher,
    key,
    iv,
    frame: envelopeFrame(cipher, iv, recipients, plainOctets),
    plain,
    plainOctets,
    record,
  }
  return {
    fields: fields(cipher.authenticated ? 'authEnveloped-data' : 'enveloped-data'),
    pieces: [{ base64: sourceOf(sealed) }],
    endsLine: true,
  }
}

function cipherOf({ cipher = 'aes-256-cbc' }: EncryptOptions): CipherFacts {
  const found = CIPHERS.find(({ name }) => name === cipher)
  if (found) return found
  throw refusal(
    'smime.cipher',
    'smime.encrypt.cipher',
    'is not a content cipher',
    `Use one of ${CIPHERS.map(({ name }) => name).join(', ')}.`,
  )
}

function paddingOf({ keyTransport = 'pkcs1' }: EncryptOptions): 'pkcs1' | 'oaep' {
  if (Object.is(keyTransport, 'pkcs1') || Object.is(keyTransport, 'oaep')) return keyTransport
  throw refusal('smime.key-transport', 'smime.encrypt.keyTransport', 'is neither pkcs1 nor oaep', 'Use one of the two.')
}

/** The header fields, RFC 8551 3.2.1 and 3.3. */
function fields(type: 'enveloped-data' | 'authEnveloped-data'): string {
  return (
    parameterizedField('Content-Type', {
      value: 'application/pkcs7-mime',
      parameters: [
        ['smime-type', type],
        ['name', 'smime.p7m'],
      ],
    }) +
    'Content-Transfer-Encoding: base64\r\n' +
    parameterizedField('Content-Disposition', { value: 'attachment', parameters: [['filename', 'smime.p7m']] })
  )
}

interface Sealed {
  readonly cipher: CipherFacts
  readonly key: Uint8Array
  readonly iv: Uint8Array
  readonly frame: EnvelopeFrame
  readonly plain: Content
  readonly plainOctets: number
  readonly record: ContentRecord
}

function sourceOf(sealed: Sealed): Source {
  const { frame, plain, plainOctets } = sealed
  const source = { sizeOctets: frame.sizeOctets, read: () => encrypted(sealed) }
  if (!plain.octets || plainOctets > MAX_TOGETHER_OCTETS) return source
  const work = encryption(sealed.cipher, sealed.key, sealed.iv)
  const octets = Buffer.concat([frame.head, work.update(plain.octets), work.final(), work.trailer()])
  return { ...source, octets }
}

async function* encrypted({ cipher, key, iv, frame, plain, record }: Sealed): AsyncGenerator<Uint8Array> {
  const work = encryption(cipher, key, iv)
  const turn = new Turn()
  yield frame.head
  for await (const slice of record.read(plain.open())) {
    const block = work.update(slice)
    if (block.length > 0) yield block
    if (turn.isOver) await turn.pass()
  }
  const last = Buffer.concat([work.final(), work.trailer()])
  if (last.length > 0) yield last
}

async function count(content: Content, record: ContentRecord): Promise<number> {
  let octets = 0
  for await (const slice of record.read(content.open())) octets += slice.length
  return octets
}

function changed(difference: Difference): Error {
  return refusal(
    'content.changed',
    'smime.encrypt',
    difference === 'other'
      ? 'the message has other octets than when it was read before'
      : `the message has ${difference} octets than when it was composed`,
    'A source must give the same octets each time the message is opened.',
  )
}
