import { readdir, writeFile } from 'node:fs/promises'
import { SpoolFolder, type SpoolEntry, type SpoolEvent } from '../../src/spool/index.js'
import { Folder } from '../oauth2/folder.js'

/** A spool folder that is gone after the test, and what was told of it. */
export async function spoolWorld() {
  const folder = await Folder.make()
  const spool = new SpoolFolder(folder.path)
  const events: SpoolEvent[] = []
  return {
    folder,
    spool,
    events,
    onEvent: (event: SpoolEvent) => void events.push(event),
    kinds: () => events.map(({ kind }) => kind),
    files: async () => (await readdir(folder.path)).sort(),
    drop: (name: string, text: string) => writeFile(folder.file(name), text),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** A plain file with one recipient. */
export function file(subject: string, to = 'b@example.test'): string {
  return `MAIL FROM:<a@example.test>\nRCPT TO:<${to}>\n\nSubject: ${subject}\r\n\r\n`
}

export async function entriesOf(spool: SpoolFolder): Promise<SpoolEntry[]> {
  const all: SpoolEntry[] = []
  for await (const entry of spool.entries()) all.push(entry)
  return all.sort((one, other) => (one.name < other.name ? -1 : 1))
}
