import { createHash } from 'node:crypto'
import { tokensField } from '../header/header-field.js'
import { slices, Turn } from '../turn.js'
import { CanonicalBody } from './canonical-body.js'
import { canonicalField, rawFields, signedFields, type RawField } from './canonical-header.js'
import type { DkimOptions } from './options.js'
import { signerOf, type Signer } from './signer.js'

const H_TOKEN = 60
const B_LINE = 72

/**
 * The DKIM-Signature fields of a message, each with its CRLF, to stand in front of its header section (RFC 6376 5.6). The body is read
 * once, whatever the number of signatures, and never held.
 * @param header the header section with its last CRLF and without the empty line
 * @param body opens the octets behind the empty line, canonical
 * @param now the clock of t= and x=
 * @throws {SettingsError} see `signerOf`; whatever the body throws
 * @source RFC 6376 5; RFC 8463
 */
export async function dkimFields(
  header: string,
  body: () => AsyncIterable<Uint8Array>,
  signatures: readonly DkimOptions[],
  now: Date,
): Promise<string> {
  const signers = signatures.map((options, index) => signerOf(options, `dkim[${index}]`))
  if (signers.length === 0) return ''
  const hashes = await bodyHashes(body, new Set(signers.map(({ relaxedBody }) => relaxedBody)))
  const fields = rawFields(header)
  let signed = ''
  for (const signer of signers) signed += await signatureField(signer, fields, hashes.get(signer.relaxedBody)!, now)
  return signed
}

/** The hash of the body in each of the canonical forms that are asked for; true is relaxed. */
async function bodyHashes(
  body: () => AsyncIterable<Uint8Array>,
  forms: ReadonlySet<boolean>,
): Promise<Map<boolean, string>> {
  const running = [...forms].map((relaxed) => {
    const hash = createHash('sha256')
    return { relaxed, hash, canonical: new CanonicalBody(relaxed, (octets) => hash.update(octets)) }
  })
  const turn = new Turn()
  for await (const chunk of body()) {
    for (const slice of slices(chunk)) {
      for (const { canonical } of running) canonical.push(slice)
      if (turn.isOver) await turn.pass()
    }
  }
  return new Map(
    running.map(({ relaxed, hash, canonical }) => {
      canonical.end()
      return [relaxed, hash.digest('base64')]
    }),
  )
}

async function signatureField(
  signer: Signer,
  fields: readonly RawField[],
  bodyHash: string,
  now: Date,
): Promise<string> {
  const { names, covered } = signedFields(fields, signer.headerFields, signer.oversign)
  const unsigned = emptySignature(signer, names, bodyHash, now)
  const canonical = covered.map(({ text }) => canonicalField(text, signer.relaxedHeader))
  // its own field comes last, without its CRLF: RFC 6376 3.7
  const own = canonicalField(`${unsigned}\r\n`, signer.relaxedHeader).slice(0, -2)
  const value = Buffer.from(await signer.sign(Buffer.from(canonical.join('') + own))).toString('base64')
  const lines = value.match(new RegExp(`.{1,${B_LINE}}`, 'g')) ?? []
  return `${unsigned}${lines.join('\r\n ')}\r\n`
}

/** The field with an empty b=, without a line end behind it. */
function emptySignature(signer: Signer, names: readonly string[], bodyHash: string, now: Date): string {
  const form = (relaxed: boolean) => (relaxed ? 'relaxed' : 'simple')
  const seconds = Math.floor(now.getTime() / 1000)
  const tokens = [
    'v=1;',
    `a=${signer.algorithm};`,
    `c=${form(signer.relaxedHeader)}/${form(signer.relaxedBody)};`,
    `d=${signer.domain};`,
    `s=${signer.selector};`,
    `t=${seconds};`,
  ]
  if (signer.expiresAfterSeconds !== undefined) tokens.push(`x=${seconds + signer.expiresAfterSeconds};`)
  if (signer.identity !== undefined) tokens.push(`i=${signer.identity};`)
  let list = 'h='
  names.forEach((name, index) => {
    if (list.length + name.length > H_TOKEN) {
      tokens.push(list)
      list = ''
    }
    list += name + (index < names.length - 1 ? ':' : ';')
  })
  tokens.push(list, `bh=${bodyHash};`)
  return `${tokensField('DKIM-Signature', tokens)} b=`
}
