import { isAscii, isUtf8 } from 'node:buffer'
import { TemporaryFile, type Content, type ContentEncoding } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import { partName } from './entity.js'
import { bufferOf, HeaderCut, type CutMessage } from './header-section.js'
import { LineEnds, sectionWithLineEnds, withLineEnds } from './line-ends.js'
import { OctetScan } from './octet-scan.js'
import { chunksOf, once, openedSource, type OpenedSource, type RawSource } from './raw-source.js'
import { recodable, recodableOctets } from './recode.js'
import { structureOf, structureOfOctets, type Structure } from './structure.js'

/** How a message that is ready is treated. */
export interface RawContentOptions {
  /**
   * What happens to a CR or LF that stands alone (RFC 5321 2.3.8). `repair` (default): it becomes CRLF. `refuse`: an error with its offset.
   * `untouched`: the body goes octet for octet, by BINARYMIME (RFC 3030), and the header section is repaired. A part that is declared
   * binary is never repaired: with one the content is treated as `untouched`, unless there is no CRLF in all of it, as in a local file
   * whose lines end with LF. A header section is repaired only when all its lines end alike, and refused when they do not: a line end that
   * is none for some makes a field for others.
   */
  readonly lineEnds?: 'repair' | 'refuse' | 'untouched' | undefined
  /** True: for a server without 8BITMIME what is signed is re-encoded, too, and the signature breaks. Default: that is refused. */
  readonly breakSignatures?: boolean | undefined
  /** Ends the reading of a source that stalls. */
  readonly signal?: AbortSignal | undefined
}

/** Content of a message that is ready. `release` frees the temporary file that a stream makes necessary; not before its last send. */
export interface RawContent extends Content {
  readonly sizeOctets: number
  readonly encoding: ContentEncoding
  readonly utf8Header: boolean
  recode(widest: ContentEncoding): Content
}

/**
 * A message that is ready as content which can be opened again, with what is known about it: its size, its line ends, what it needs from
 * the path, and how it goes where less is carried (`recode`): parts with octets above 127 as quoted-printable or base64 and every other
 * octet as it was (RFC 6152 3). The source is read once; again only when it has octets above 127, or line ends to repair beside CRLF.
 * @throws {SettingsError} `content.type`, `content.unreadable`, `content.source-failed`, `content.header`, `content.line-ends`,
 * `content.spill`; from `recode` also `content.signed`, `content.structure`, `content.eight-bit`
 */
export async function rawContent(source: RawSource, options: RawContentOptions = {}): Promise<RawContent> {
  return readRaw(source, options, (header) => header)
}

/** The same; `edit` gets the header section, with its line ends repaired, before the body is read, and gives what stands in its place. */
export async function readRaw(
  source: RawSource,
  options: RawContentOptions,
  edit: (header: Buffer) => Buffer,
): Promise<RawContent> {
  const { lineEnds = 'repair' } = options
  if (!['repair', 'refuse', 'untouched'].includes(lineEnds)) {
    throw refusal(
      'content.line-ends',
      'lineEnds',
      'is none of repair, refuse and untouched',
      'Leave it out for repair.',
    )
  }
  const opened = await openedSource(source)
  const message = opened.octets
    ? fromMemory(opened.octets, lineEnds, edit)
    : await fromChunks(opened, lineEnds, edit, options.signal)
  const { base, scan, header, bare, release } = message
  const headerHigh = isAscii(header) ? false : isUtf8(header) ? 'utf8' : 'other'
  const encoding = bare ? 'binary' : scan.highOctets > 0 || headerHigh !== false ? '8bit' : '7bit'
  const facts = { encoding, headerHigh, breakSignatures: options.breakSignatures === true } as const
  const known = {
    ...base,
    canonical: !bare && message.ended,
    encoding,
    utf8Header: headerHigh === 'utf8',
    ...(release && { release }),
  } as const
  try {
    const { octets } = known
    const content = octets ? recodableOctets({ ...known, octets }, facts) : await recodable(known, message.read, facts)
    return content as RawContent // it is what is known, and `recode`
  } catch (error) {
    release?.()
    throw error
  }
}

interface Read {
  readonly base: Content & { readonly sizeOctets: number }
  /** The octets of `base` while it is being made: the signal ends the reading of a source that stalls. */
  readonly read: () => AsyncIterable<Uint8Array>
  readonly header: Buffer
  /** What is in the body, as it came. */
  readonly scan: OctetScan
  /** Some CR or LF stands alone in what is sent. */
  readonly bare: boolean
  /** The last line has its line end. */
  readonly ended: boolean
  readonly release?: () => void
}

type Treatment = NonNullable<RawContentOptions['lineEnds']>

function fromMemory(octets: Uint8Array, lineEnds: Treatment, edit: (header: Buffer) => Buffer): Read {
  const cutting = new HeaderCut()
  const cut = cutting.push(octets) ?? cutting.end()
  const header = edit(headerOf(cut, lineEnds))
  const scan = new OctetScan()
  scan.push(cut.rest)
  const rest = scan.end()
  const mixed = lineEnds === 'repair' && scan.bareAt >= 0 && (scan.crlf || hasCrlf(cut.header))
  const treatment = settled(lineEnds, scan, cut.header.length, mixed ? structureOfOctets(header, cut.rest) : undefined)
  const repairs = treatment === 'repair' && (scan.bareAt >= 0 || rest !== '')
  const body = repairs ? withLineEnds(cut.rest) : cut.rest
  const same = body === cut.rest && header.equals(cut.header)
  const whole = same ? octets : Buffer.concat([header, body])
  const open = () => once(whole)
  return {
    base: { octets: whole, sizeOctets: whole.length, open },
    read: open,
    header,
    scan,
    bare: treatment === 'untouched' && scan.bareAt >= 0,
    ended: repairs || rest === '',
  }
}

async function fromChunks(
  source: OpenedSource,
  lineEnds: Treatment,
  edit: (header: Buffer) => Buffer,
  signal: AbortSignal | undefined,
): Promise<Read> {
  const chunks = chunksOf(source, signal)
  let spill: TemporaryFile | undefined
  try {
    const cut = await cutOf(chunks)
    const skip = cut.header.length
    const crlf = hasCrlf(cut.header)
    const header = Buffer.from(edit(headerOf(cut, lineEnds))) // the chunk it stands in is used again
    if (!source.again) spill = await TemporaryFile.make('content')
    const file = spill
    const scan = new OctetScan()
    let inserted = 0
    const insertion = () => void inserted++
    for (let chunk: Uint8Array | undefined = cut.rest; chunk; chunk = (await chunks.next()).value ?? undefined) {
      scan.push(chunk, insertion)
      if (lineEnds === 'refuse') refuseBare(scan, skip)
      await file?.write(chunk)
    }
    const rest = scan.end()
    await file?.end()
    const body = (until?: AbortSignal) => (file ? file.read() : behind(chunksOf(source, until), skip, scan.length))
    const mixed = lineEnds === 'repair' && scan.bareAt >= 0 && (scan.crlf || crlf)
    const structure = mixed ? await structureOf(joined(header, body(signal))) : undefined
    const treatment = settled(lineEnds, scan, skip, structure)
    const repairs = treatment === 'repair' && (scan.bareAt >= 0 || rest !== '')
    const read = (until?: AbortSignal) => joined(header, repairs ? repaired(body(until)) : body(until))
    return {
      base: {
        sizeOctets: header.length + scan.length + (repairs ? inserted + rest.length : 0),
        open: () => read(),
      },
      read: () => read(signal),
      header,
      scan,
      bare: treatment === 'untouched' && scan.bareAt >= 0,
      ended: repairs || rest === '',
      ...(file && { release: () => file.remove() }),
    }
  } catch (error) {
    await chunks.return()
    spill?.remove()
    throw error
  }
}

async function cutOf(chunks: AsyncGenerator<Uint8Array, void, undefined>): Promise<CutMessage> {
  const cutting = new HeaderCut()
  for (let step = await chunks.next(); !step.done; step = await chunks.next()) {
    const cut = cutting.push(step.value)
    if (cut) return cut
  }
  return cutting.end()
}

/** The header section has CRLF whatever the treatment of the rest: servers read it. */
function headerOf({ header }: CutMessage, lineEnds: Treatment): Buffer {
  const scan = new OctetScan()
  scan.push(header)
  const whole = scan.end() === ''
  if (lineEnds === 'refuse') refuseBare(scan, 0)
  if (scan.bareAt < 0) return whole ? header : bufferOf(withLineEnds(header))
  return sectionWithLineEnds(header)
}

const hasCrlf = (header: Buffer) => header.includes('\r\n')

/** What is done to the body, once all of it was seen; `mixed` is what is made up of both kinds of line ends. */
function settled(lineEnds: Treatment, scan: OctetScan, skip: number, mixed: Structure | undefined): Treatment {
  if (lineEnds === 'refuse') refuseBare(scan, skip)
  if (lineEnds !== 'repair' || !mixed) return lineEnds === 'untouched' ? lineEnds : 'repair'
  const binary = mixed.entities.find(
    ({ kind, header, regions }) =>
      kind === 'leaf' && header.encoding === 'binary' && regions.some(({ facts }) => facts.bareAt >= 0),
  )
  if (!binary) return 'repair'
  const outside =
    mixed.bare ||
    mixed.entities.some(
      ({ kind, header, regions }) =>
        header.bare || (kind === 'multipart' && regions.some(({ facts }) => facts.bareAt >= 0)),
    )
  if (!outside) return 'untouched'
  throw refusal(
    'content.line-ends',
    'content',
    `has line ends to repair, and ${partName(binary)} is declared binary, which repairing would change`,
    'End the lines outside of it with CRLF, or encode it as base64.',
  )
}

function refuseBare({ bareAt }: OctetScan, skip: number): void {
  if (bareAt < 0) return
  throw refusal(
    'content.line-ends',
    'content',
    `has a CR or LF that stands alone, at octet ${skip + bareAt} (RFC 5321 2.3.8)`,
    "End every line with CRLF, or have it repaired with lineEnds: 'repair'.",
  )
}

/** What follows the header section, as much as there was at the first reading. */
async function* behind(
  chunks: AsyncIterable<Uint8Array>,
  skip: number,
  sizeOctets: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let given = -skip
  for await (const chunk of chunks) {
    const before = given
    given += chunk.length
    if (given > sizeOctets) break
    if (given > 0) yield before < 0 ? chunk.subarray(-before) : chunk
  }
  if (given === sizeOctets) return
  throw refusal(
    'content.changed',
    'content',
    `gives another number of octets than the ${sizeOctets + skip} it had`,
    'A source must give the same octets each time the message is opened.',
  )
}

async function* joined(header: Buffer, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  if (header.length > 0) yield header
  yield* body
}

async function* repaired(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const lines = new LineEnds()
  for await (const chunk of body) yield lines.push(chunk)
  const rest = lines.end()
  if (rest.length > 0) yield rest
}
