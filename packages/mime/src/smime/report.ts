import type { Certificate, Identity } from '@posthorn/certificate'
import type { Content } from '@posthorn/ground'
import { parseMailboxList } from '../address/mailbox.js'
import { inBlocks } from './blocks.js'
import { isForMailbox } from './certificate-mailbox.js'
import { cmsType } from './cms-type.js'
import { CIPHERS } from './content-cipher.js'
import { decodedBody } from './decoded-body.js'
import { decryptEnveloped } from './decrypt.js'
import { readEnveloped } from './enveloped-reader.js'
import { readEntity, type MimeEntity } from './mime-entity.js'
import type { ContentCipher } from './options.js'
import { readRefusal } from './read-refusal.js'
import { shortContent } from './short-content.js'
import { verifyEntity, type Signed } from './verify.js'
import type { Signature, SignatureProblem, VerifyOptions } from './verify-signer.js'

/**
 * Signed, encrypted, signed is three (RFC 2634 1.1); more than this is made to keep us busy. Long content is decrypted anew for each reading,
 * so every encrypted layer multiplies the work.
 */
const MAX_LAYERS = 6
const MAX_ENCRYPTED_LAYERS = 2

export interface SmimeReadOptions extends VerifyOptions {
  /** Who may read it. */
  readonly decryptWith?: readonly Identity[]
}

/** One layer of S/MIME around a message. */
export type SmimeLayer = SignedLayer | EncryptedLayer

export interface SignedLayer {
  readonly kind: 'signed'
  readonly form: Signed['form']
  readonly signatures: readonly Signature[]
}

export interface EncryptedLayer {
  readonly kind: 'encrypted'
  readonly cipher: ContentCipher
  /** True with GCM: nobody without the key changed it. With CBC only a signature inside says so. */
  readonly authenticated: boolean
}

/** What S/MIME says about a message. */
export interface SmimeReport {
  /** From the outside to the inside; empty for a message without S/MIME. */
  readonly layers: readonly SmimeLayer[]
  readonly signed: boolean
  readonly encrypted: boolean
  /** The innermost MIME entity: its header fields, an empty line, its body. It can be opened again and again. */
  readonly content: Content
}

/**
 * Opens the layers of S/MIME around a message, whichever there are, and verifies every signature: signed, encrypted, both, triple-wrapped.
 * A report means that every signature holds; what else a reader should know stands in the `problems` of each. Content is streamed, and
 * in memory only when it is short.
 * @throws {SettingsError} as `verifySigned` and `decryptEnveloped` do; `smime.layers` when they are nested too deeply
 */
export async function verifyMessage(content: Content, options: SmimeReadOptions = {}): Promise<SmimeReport> {
  const layers: SmimeLayer[] = []
  const outermost = await readEntity(content)
  for (let entity = outermost; ;) {
    const opened = await openLayer(entity, outermost, options)
    if (!opened) {
      const has = (kind: SmimeLayer['kind']) => layers.some((layer) => layer.kind === kind)
      const [signed, encrypted] = [has('signed'), has('encrypted')]
      return { layers: withAuthorship(layers), signed, encrypted, content: entity.content }
    }
    layers.push(opened.layer)
    if (layers.length > MAX_LAYERS || layers.filter(({ kind }) => kind === 'encrypted').length > MAX_ENCRYPTED_LAYERS) {
      throw readRefusal(
        'smime.layers',
        'message',
        `has more than ${MAX_LAYERS} layers of S/MIME, or is encrypted more than ${MAX_ENCRYPTED_LAYERS} times`,
        'No program of good will makes such a message.',
      )
    }
    entity = await readEntity(opened.content, true)
  }
}

async function openLayer(
  entity: MimeEntity,
  outermost: MimeEntity,
  options: SmimeReadOptions,
): Promise<{ layer: SmimeLayer; content: Content } | undefined> {
  const signed = await verifyEntity(entity, options)
  if (signed) {
    const signatures = signed.signatures.map((signature) => withAuthor(signature, outermost))
    return { layer: { kind: 'signed', form: signed.form, signatures }, content: signed.content }
  }
  if ((await cmsType(entity)) !== 'encrypted') return undefined
  return decrypted(entity, options.decryptWith ?? [])
}

async function decrypted(
  entity: MimeEntity,
  identities: readonly Identity[],
): Promise<{ layer: EncryptedLayer; content: Content }> {
  const source = { read: () => decodedBody(entity) }
  const { algorithm, authenticated } = await readEnveloped(source)
  const open = async function* () {
    yield* inBlocks(await decryptEnveloped(source, identities))
  }
  const content = shortContent(open)
  for await (const chunk of open()) content.add(chunk)
  const cipher = CIPHERS.find(({ oid }) => oid === algorithm.oid)!.name // or it would not have been decrypted
  return { layer: { kind: 'encrypted', cipher, authenticated }, content: content.end() }
}

/**
 * RFC 8550 3: readers show the authors, so each of them has to be one the certificate is for; without authors they show who sent it. Who
 * else sends does not make up for an author.
 */
function withAuthor(signature: Signature, { fields }: MimeEntity): Signature {
  const valuesOf = (name: string) => fields.filter((field) => field.name === name).map(({ value }) => value)
  const from = valuesOf('from')
  const shownFields = from.length > 0 ? from : valuesOf('sender')
  const authors = shownFields.flatMap((value) => mailboxesIn(value))
  if (shownFields.length === 1 && authors.every((author) => isForMailbox(signature.signer, author))) return signature
  const says = shownFields.length > 0 ? `says it is from ${shown(authors.join(', '))}` : 'does not say who it is from'
  return withProblem(signature, {
    code: 'smime.other-author',
    sentence: `is of ${signature.signer.emails.join(', ') || signature.signer.subject}, and the message ${says}`,
  })
}

/** A signature around something encrypted says who sent it on; one inside says who wrote it, and around it anybody can put another one. */
function withAuthorship(layers: readonly SmimeLayer[]): SmimeLayer[] {
  const sealed = layers.findLastIndex(({ kind }) => kind === 'encrypted')
  const inside = layers.slice(sealed + 1).flatMap((layer) => (layer.kind === 'signed' ? layer.signatures : []))
  const signedInside = ({ der }: Certificate) => inside.some(({ signer }) => Buffer.compare(signer.der, der) === 0)
  return layers.map((layer, at) => {
    if (layer.kind !== 'signed' || at > sealed) return layer
    const signatures = layer.signatures.map((signature) =>
      signedInside(signature.signer) ? signature : withProblem(signature, OUTER_SIGNATURE),
    )
    return { ...layer, signatures }
  })
}

const OUTER_SIGNATURE: SignatureProblem = {
  code: 'smime.outer-signature',
  sentence: 'is around an encrypted message and none of the same signer is inside, so it does not say who wrote it',
}

const withProblem = (signature: Signature, problem: SignatureProblem): Signature => ({
  ...signature,
  problems: [...signature.problems, problem],
})

/** What cannot be read is nobody's mailbox, and so not the signer's. */
function mailboxesIn(text: string): string[] {
  try {
    return parseMailboxList(text, 'from').map(({ address }) => address)
  } catch {
    return [text]
  }
}

/** What could steer a terminal is left out: the field comes from the message. */
const shown = (text: string) => text.replaceAll(/\p{C}/gu, '').slice(0, 200)
