import { opendir } from 'node:fs/promises'

/** Names the system hands over at a time. */
const NAMES_AT_ONCE = 1_024

/** Names in a folder, hidden ones included, a few at a time. @throws what the system says */
export async function* namesIn(folder: string): AsyncGenerator<string, void, undefined> {
  for await (const { name } of await opendir(folder, { bufferSize: NAMES_AT_ONCE })) yield name
}
