import { readdir, readFile } from 'node:fs/promises'
import type { Dialogue } from './dialogue.js'
import { parseDialogue } from './parse-dialogue.js'

/**
 * Reads every `.txt` file of a folder as a dialogue, in the order of the names.
 * @param folder ends with `/` when it is a URL
 * @throws {Error} of the file system, or `name:line: what is wrong`
 */
export async function readDialogues(folder: URL): Promise<{ readonly name: string; readonly dialogue: Dialogue }[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.txt')).sort()
  return Promise.all(
    names.map(async (name) => ({ name, dialogue: parseDialogue(await readFile(new URL(name, folder), 'utf8'), name) })),
  )
}
