import type { FileHandle } from 'node:fs/promises'
import type { Content } from '@posthorn/ground'
import { headerIsUtf8, type Envelope, type Recipient } from '@posthorn/smtp'
import { BatchText } from './batch-text.js'
import { readMailLine, readRcptLine } from './envelope-line.js'
import { MAX_RECIPIENTS } from './envelope-markers.js'
import { fileSlice, openRegular } from './file-slice.js'
import { LineReader, type FileLine } from './line-reader.js'
import { garbage } from './spool-error.js'
import { timeOfStem } from './spool-name.js'
import type { SpooledMessage } from './spooled-message.js'

/** Content up to this size is held in memory while its message is sent. */
const SMALL_OCTETS = 256 * 1024
const HEADER_OCTETS = 64 * 1024
/** What may follow the lone dot: QUIT and empty lines. */
const MAX_TAIL_OCTETS = 1024

/** Which file it is, however it is called. */
export interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

/** A message as its file has it. */
export interface ReadSpooled extends SpooledMessage {
  /** Where the line of each recipient begins in the file, in octets. */
  readonly recipientsAt: readonly number[]
  readonly modifiedAtMs: number
  /** Of the file that was read, which is a regular one. */
  readonly identity: FileIdentity
}

/**
 * Reads a spool file: ours, one that was written by hand, or batch SMTP (RFC 2442) with one transaction. The content is opened anew from the
 * file each time, unless it is small.
 * @param name the file's name without its ending
 * @throws {SettingsError} `spool.garbage`, naming the line, for what is no message; what the system says for a file that cannot be read
 * @source ipworks.file.queue
 */
export async function readSpooled(path: string, name: string): Promise<ReadSpooled> {
  const file = await openRegular(path)
  try {
    const facts = await file.stat({ bigint: true })
    const { dev, ino } = facts
    const size = Number(facts.size)
    const mtimeMs = Number(facts.mtimeNs) / 1e6
    const lines = new LineReader(file, size)
    const { envelope, announced, recipientsAt, end } = await readEnvelope(lines)
    const content =
      end.text === ''
        ? await plainContent(file, path, lines, size, announced)
        : await batchContent(file, path, lines, end)
    return {
      name,
      submission: { envelope, content },
      queuedAt: new Date(timeOfStem(name) ?? mtimeMs),
      sizeOctets: content.sizeOctets,
      recipientsAt,
      modifiedAtMs: mtimeMs,
      identity: { dev, ino },
    }
  } finally {
    await file.close()
  }
}

interface EnvelopeSection {
  readonly envelope: Envelope
  readonly announced: number | undefined
  readonly recipientsAt: readonly number[]
  /** The empty line, or DATA. */
  readonly end: FileLine
}

async function readEnvelope(lines: LineReader): Promise<EnvelopeSection> {
  const required = async (expected: string): Promise<FileLine> => {
    const line = await lines.next()
    if (!line) throw garbage(undefined, `the file ends in the envelope, where ${expected} was expected`)
    return line
  }
  let first = await required('MAIL FROM:<mailbox>')
  const greets = /^(?:EHLO|HELO|LHLO) [!-~]+ *$/i.test(first.text)
  if (greets) first = await required('MAIL FROM:<mailbox>')
  const { envelope, sizeOctets } = readMailLine(first.text, first.number)
  const recipients: (string | Recipient)[] = []
  const recipientsAt: number[] = []
  for (;;) {
    const line = await required('RCPT TO:<mailbox> or an empty line')
    const ends = /^(?:DATA *)?$/i.test(line.text) && (recipients.length > 0 || line.text === '')
    if (ends && recipients.length > 0) {
      if (greets && line.text === '') throw garbage(line.number, 'DATA, in a file that begins with EHLO')
      const whole = { ...envelope, recipients }
      return { envelope: whole, announced: sizeOctets, recipientsAt, end: line }
    }
    if (recipients.length === MAX_RECIPIENTS) throw garbage(line.number, `at most ${MAX_RECIPIENTS} recipients`)
    const recipient = readRcptLine(line.text, line.number)
    if (recipient === undefined) continue
    recipients.push(recipient)
    recipientsAt.push(line.from)
  }
}

type SizedContent = Content & { readonly sizeOctets: number }

async function plainContent(
  file: FileHandle,
  path: string,
  lines: LineReader,
  fileOctets: number,
  announced: number | undefined,
): Promise<SizedContent> {
  const from = lines.at
  const sizeOctets = fileOctets - from
  if (announced !== undefined && announced !== sizeOctets) {
    throw garbage(
      undefined,
      `the message has ${sizeOctets} octets, and SIZE= says ${announced}`,
      'The file was cut, or was edited: delete SIZE= after editing it on purpose, and give it an ending of .queued again.',
    )
  }
  if (sizeOctets <= SMALL_OCTETS) return inMemory(await allOf(file, lines, from, sizeOctets))
  const start = Buffer.alloc(HEADER_OCTETS)
  const { bytesRead } = await file.read(start, 0, HEADER_OCTETS, from)
  return {
    sizeOctets,
    utf8Header: headerIsUtf8(start.subarray(0, bytesRead)),
    open: () => fileSlice(path, from, sizeOctets),
  }
}

async function allOf(file: FileHandle, lines: LineReader, from: number, sizeOctets: number): Promise<Uint8Array> {
  const { ahead } = lines
  if (ahead.length === sizeOctets) return ahead
  const octets = Buffer.alloc(sizeOctets)
  let length = 0
  while (length < sizeOctets) {
    const { bytesRead } = await file.read(octets, length, sizeOctets - length, from + length)
    if (bytesRead === 0) throw garbage(undefined, 'the file was cut while it was read')
    length += bytesRead
  }
  return octets
}

async function batchContent(file: FileHandle, path: string, lines: LineReader, data: FileLine): Promise<SizedContent> {
  const from = lines.at
  const text = new BatchText(data.crlf)
  const kept: Buffer[] = []
  let sizeOctets = 0
  const block = Buffer.allocUnsafe(HEADER_OCTETS)
  for (let at = from; text.endsAt === undefined;) {
    const { bytesRead } = await file.read(block, 0, block.length, at)
    if (bytesRead === 0) throw garbage(undefined, 'the file ends without the line of a lone dot behind DATA')
    at += bytesRead
    const octets = text.push(block.subarray(0, bytesRead))
    if (sizeOctets <= SMALL_OCTETS) kept.push(Buffer.from(octets))
    sizeOctets += octets.length
  }
  const end = from + text.endsAt
  const { bytesRead } = await file.read(block, 0, MAX_TAIL_OCTETS, end)
  const tail = block.toString('latin1', 0, bytesRead)
  if (bytesRead === MAX_TAIL_OCTETS || !/^(?:\r?\n)*(?:QUIT *(?:\r?\n)*)?$/i.test(tail)) {
    throw garbage(undefined, 'behind the lone dot stands something else than QUIT; a file holds one transaction')
  }
  const start = Buffer.concat(kept)
  if (sizeOctets <= SMALL_OCTETS) return inMemory(start)
  const open = async function* () {
    const again = new BatchText(data.crlf)
    for await (const each of fileSlice(path, from, end - from + bytesRead)) {
      const octets = again.push(each)
      if (octets.length > 0) yield octets
    }
  }
  return { sizeOctets, utf8Header: headerIsUtf8(start.subarray(0, HEADER_OCTETS)), open }
}

function inMemory(octets: Uint8Array): SizedContent {
  return {
    octets,
    sizeOctets: octets.length,
    open: async function* () {
      yield octets
    },
  }
}
