import { readdirSync } from 'node:fs'
import { describe, it } from 'vitest'
import { readDialogues, type Chunking } from '@posthorn/testkit'
import { caseOf } from './dialogue-case.js'
import { play } from './play-dialogue.js'

const CHUNKINGS: readonly Chunking[] = ['whole', 'line', 'octet']
const folder = new URL('dialogues/', import.meta.url)
const groups = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())

for (const { name: group } of groups) {
  const dialogues = await readDialogues(new URL(`${group}/`, folder))
  describe.concurrent(group, () => {
    for (const { name, dialogue } of dialogues) {
      for (const chunking of caseOf(dialogue).chunkings ?? CHUNKINGS) {
        it(`${dialogue.title || name} (${chunking})`, () => play(dialogue, chunking))
      }
    }
  })
}
