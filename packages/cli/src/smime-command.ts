import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { rootCertificates } from 'node:tls'
import { openCertificateStore, rawContent, readCertificate, Secret, type Certificate, type Content } from 'posthorn'
import { verifyMessage, type SignedLayer, type SmimeLayer, type SmimeReport } from 'posthorn/smime'
import { paintFor } from './output.js'
import { readOctets } from './protection-flags.js'
import { reportFailure } from './report.js'
import { firstLine, unreadable } from './read-file.js'
import { type OutputFlags } from './chosen-way.js'
import { EXIT } from './sysexits.js'

export interface SmimeVerifyFlags extends OutputFlags {
  readonly ca?: string
  readonly anySigner?: boolean
  readonly certificate?: string
  readonly decrypt?: string
  readonly passwordFile?: string
  readonly out?: string
}

type Signature = SignedLayer['signatures'][number]

/**
 * `posthorn smime verify`: opens the layers of S/MIME around a message and says what holds. Gives the exit code: 0 when there is a
 * signature, every signature holds, an authority that is trusted vouches for each signer, and nothing speaks against one. Without `--ca`
 * the authorities are those that Node.js trusts.
 */
export async function smimeVerifyCommand(file: string, flags: SmimeVerifyFlags): Promise<number> {
  let release = () => {}
  try {
    const roots = flags.anySigner ? undefined : await trusted(flags.ca)
    const known = flags.certificate === undefined ? undefined : await certificates(flags.certificate, '--certificate')
    const decryptWith = flags.decrypt === undefined ? undefined : await identities(flags.decrypt, flags.passwordFile)
    const content = await contentFrom(file)
    release = () => content.release?.()
    const report = await verifyMessage(content, {
      ...(roots && { roots }),
      ...(known && { certificates: known }),
      ...(decryptWith && { decryptWith }),
    })
    if (flags.out !== undefined) await write(report.content, flags.out)
    const sound =
      report.signed && signaturesOf(report).every(({ trusted, problems }) => trusted !== false && problems.length === 0)
    if (flags.json) process.stdout.write(`${JSON.stringify({ ok: sound, layers: report.layers.map(asJson) })}\n`)
    else if (!flags.quiet) show(report, sound)
    return sound ? EXIT.ok : EXIT.data
  } catch (error) {
    return reportFailure(error, flags)
  } finally {
    release()
    if (file === '-') process.stdin.destroy()
  }
}

async function contentFrom(file: string): Promise<Content> {
  // the octets as they are: a signature is over them
  if (file === '-') return rawContent(process.stdin as AsyncIterable<Buffer>, { lineEnds: 'untouched' })
  const facts = await stat(file).catch((error: unknown) => {
    throw unreadable('the message', file, error)
  })
  return { sizeOctets: facts.size, open: () => createReadStream(file) as AsyncIterable<Buffer> }
}

async function trusted(ca: string | undefined): Promise<readonly Certificate[]> {
  return ca === undefined ? wellKnown() : certificates(ca, '--ca')
}

function wellKnown(): Certificate[] {
  return rootCertificates.map((pem) => readCertificate(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')))
}

async function certificates(path: string, flag: string) {
  return (await openCertificateStore({ source: readOctets(path, flag) })).certificates
}

async function identities(path: string, passwordFile: string | undefined) {
  const password = passwordFile === undefined ? undefined : new Secret(firstLine(passwordFile, '--password-file'))
  const store = await openCertificateStore({ source: readOctets(path, '--decrypt'), ...(password && { password }) })
  store.identity() // says what is missing
  return store.identities
}

async function write(content: Content, path: string): Promise<void> {
  const file = createWriteStream(path, { mode: 0o600 })
  try {
    await pipeline(Readable.from(copied(content)), file)
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : unreadable('--out', path, error)
  }
}

/** A stream may hold chunks while the source uses their memory again. */
async function* copied(content: Content): AsyncGenerator<Buffer> {
  for await (const chunk of content.open()) yield Buffer.from(chunk)
}

const signaturesOf = ({ layers }: SmimeReport): readonly Signature[] =>
  layers.flatMap((layer) => (layer.kind === 'signed' ? layer.signatures : []))

function asJson(layer: SmimeLayer): unknown {
  if (layer.kind === 'encrypted') return layer
  return {
    kind: layer.kind,
    form: layer.form,
    signatures: layer.signatures.map(({ signer, signedAt, digest, scheme, trusted, problems }) => ({
      signer: signer.subject,
      emails: signer.emails,
      sha256: signer.fingerprints.sha256,
      validTo: signer.validTo,
      signedAt: signedAt ?? null,
      digest,
      scheme,
      trusted: trusted ?? null,
      problems,
    })),
  }
}

function show(report: SmimeReport, sound: boolean): void {
  const paint = paintFor(process.stdout)
  const line = (name: string, text: string) => process.stdout.write(`${name.padEnd(12)}${printable(text)}\n`)
  for (const layer of report.layers) {
    if (layer.kind === 'encrypted') {
      line('encrypted', `${layer.cipher}, opened${layer.authenticated ? ', and not changed since' : ''}`)
      continue
    }
    for (const { signer, signedAt, digest, scheme, trusted, problems } of layer.signatures) {
      line('signed', `${layer.form}, ${scheme} with ${digest}: the signature holds`)
      line('  signer', `${signer.subject}${signer.emails.length > 0 ? ` (${signer.emails.join(', ')})` : ''}`)
      if (signedAt) line('  at', `${signedAt.toISOString()}, as the signer says`)
      line('  trusted', trusted === undefined ? 'not asked: anybody can sign so' : trusted ? 'yes' : 'no')
      for (const { sentence } of problems) line('  but', `it ${sentence}`)
    }
  }
  const verdict = !report.signed
    ? `the message is ${report.encrypted ? 'encrypted but ' : ''}not signed`
    : sound
      ? 'the message is as it was signed'
      : 'the message is as it was signed, but see above'
  process.stdout.write(`${paint(sound ? 'green' : 'yellow', `${'result'.padEnd(12)}${verdict}`)}\n`)
}

/** Names come from certificates of strangers: nothing in them may steer the terminal. */
const printable = (text: string) => text.replaceAll(/\p{C}/gu, '?')
