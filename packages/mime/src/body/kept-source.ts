import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileFacts, readFileBlocks, type FileFacts } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import { expectSize, octetsOf } from './opened-source.js'
import { memorySource, type Source } from './source.js'

/** What is not longer stays in memory and needs no file. */
const MAX_MEMORY_OCTETS = 256 * 1024

/** The files that are there, so that none is left when the process ends. */
const files = new Set<string>()
/** A net for messages that nobody released: the rule is `release`. */
const forgotten = new FinalizationRegistry<string>(remove)

/**
 * A stream that can be read once, read to its end and kept: in memory when it is short, else in a file of mode 0600 in the folder for
 * temporary files. The file is removed by `release`, and at the latest when the process ends by itself.
 * @throws {SettingsError} `content.unreadable`, also when the file cannot be written; `content.changed` when `sizeOctets` is not what comes
 */
export async function keptSource(stream: unknown, sizeOctets: number | undefined, field: string): Promise<Source> {
  const block = Buffer.allocUnsafeSlow(MAX_MEMORY_OCTETS)
  let held = 0
  let size = 0
  let file: FileHandle | undefined
  let path: string | undefined
  try {
    for await (const octets of octetsOf(() => stream, field)) {
      size += octets.length
      if (sizeOctets !== undefined && size > sizeOctets) expectSize(size, sizeOctets, field)
      for (let at = 0; at < octets.length;) {
        if (held === block.length) {
          if (!file) {
            path = join(tmpdir(), `posthorn-${randomUUID()}`)
            file = await opened(path, field)
          }
          await written(file, block, field)
          held = 0
        }
        const taken = Math.min(octets.length - at, block.length - held)
        block.set(taken === octets.length ? octets : octets.subarray(at, at + taken), held)
        held += taken
        at += taken
      }
    }
    expectSize(size, sizeOctets, field)
    if (!file || path === undefined) return memorySource(Buffer.from(block.subarray(0, held)))
    await written(file, block.subarray(0, held), field)
    await file.close()
    file = undefined
    return new KeptFile(path, await fileFacts(path, field), field)
  } catch (error) {
    await file?.close()
    if (path !== undefined) remove(path)
    throw error
  }
}

class KeptFile implements Source {
  readonly sizeOctets: number
  readonly #path: string
  readonly #facts: FileFacts
  readonly #field: string
  #released = false

  constructor(path: string, facts: FileFacts, field: string) {
    this.sizeOctets = facts.sizeOctets
    this.#path = path
    this.#facts = facts
    this.#field = field
    forgotten.register(this, path, this)
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#released) {
      throw refusal(
        'content.released',
        this.#field,
        'is gone, because the message was released',
        'Release a message when it was sent for the last time.',
      )
    }
    yield* readFileBlocks(this.#path, this.#field, this.#facts)
  }

  readonly release = (): void => {
    if (this.#released) return
    this.#released = true
    forgotten.unregister(this)
    remove(this.#path)
  }
}

async function opened(path: string, field: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'wx', 0o600)
    if (files.size === 0) process.once('exit', removeAll)
    files.add(path)
    return file
  } catch (cause) {
    throw notKept(field, cause)
  }
}

async function written(file: FileHandle, octets: Uint8Array, field: string): Promise<void> {
  try {
    await file.writeFile(octets)
  } catch (cause) {
    throw notKept(field, cause)
  }
}

function notKept(field: string, cause: unknown): Error {
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  return refusal(
    'content.unreadable',
    field,
    `cannot be written to a temporary file (${reason})`,
    'Make room in the folder for temporary files, or give a function that opens the octets anew.',
    cause,
  )
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
    files.delete(path)
    if (files.size === 0) process.off('exit', removeAll)
  } catch {
    // some systems do not remove a file that is being read: it goes when the process ends
  }
}

function removeAll(): void {
  for (const path of files) remove(path)
}
