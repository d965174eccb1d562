import { TemporaryFile } from '@posthorn/ground'
import { expectSize, octetsOf } from './opened-source.js'
import { memorySource, type Source } from './source.js'
import type { Stop } from './stop.js'

/** What is not longer stays in memory and needs no file. */
const MAX_MEMORY_OCTETS = 256 * 1024

/**
 * A stream that can be read once, read to its end and kept: in memory when it is short, else in a file of mode 0600 in the folder for
 * temporary files. The file is removed by `release`, and at the latest when the process ends by itself.
 * @param place the field that names the stream
 * @param stop ends the reading
 * @throws {SettingsError} `content.unreadable`; `content.spill` when the file cannot be written; `content.changed` when `sizeOctets` is not what comes
 */
export async function keptSource(
  stream: unknown,
  sizeOctets: number | undefined,
  field: string,
  place = `${field}.content`,
  stop?: Stop,
): Promise<Source> {
  const block = Buffer.allocUnsafeSlow(MAX_MEMORY_OCTETS)
  let held = 0
  let size = 0
  let file: TemporaryFile | undefined
  try {
    for await (const octets of octetsOf(() => stream, place, stop)) {
      size += octets.length
      if (sizeOctets !== undefined && size > sizeOctets) expectSize(size, sizeOctets, field)
      for (let at = 0; at < octets.length;) {
        if (held === block.length) {
          file ??= await TemporaryFile.make(field)
          await file.write(block)
          held = 0
        }
        const taken = Math.min(octets.length - at, block.length - held)
        block.set(taken === octets.length ? octets : octets.subarray(at, at + taken), held)
        held += taken
        at += taken
      }
    }
    expectSize(size, sizeOctets, field)
    if (!file) return memorySource(Buffer.from(block.subarray(0, held)))
    const kept = file
    await kept.write(block.subarray(0, held))
    await kept.end()
    return { sizeOctets: size, read: () => kept.read(), release: () => kept.remove() }
  } catch (error) {
    file?.remove()
    throw error
  }
}
