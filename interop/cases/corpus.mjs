// The drafts of the corpus, composed by us and read back by Python's email package, compared field by field.
import { equal, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { compose } from '@posthorn/mime'
import { corpus, expectation, person, plain } from '../../packages/mime/test/corpus.mjs'

const READER = fileURLToPath(new URL('../read-email.py', import.meta.url))

/** Fields that this reader is known to get wrong, and why; the other readers of the tests agree with us there. */
const ITS_OWN = {
  // it takes quotation marks away from what was percent-encoded
  'file name: only quotation marks': ['attachments'],
}

export const cases = [
  {
    title: `Python's email reads all ${corpus.length} drafts as they were meant`,
    async run() {
      const folder = await mkdtemp(join(tmpdir(), 'posthorn-'))
      try {
        const wrong = []
        const expected = []
        const paths = []
        for (const [index, entry] of corpus.entries()) {
          const message = await compose(entry.draft, entry.options)
          const chunks = []
          for await (const chunk of message.content.open()) chunks.push(Buffer.from(chunk))
          const path = join(folder, `${index}.eml`)
          await writeFile(path, Buffer.concat(chunks))
          paths.push(path)
          expected.push(expectation(entry, message))
        }
        let index = 0
        for await (const facts of read(paths)) {
          const { name } = corpus[index]
          const want = expected[index++]
          const found = differences(
            normal(facts),
            normal({ ...want, defects: [], text: `${want.text}\n`, html: `${want.html}\n` }),
            ITS_OWN[name] ?? [],
          )
          if (found.length > 0) wrong.push(`${name}: ${found.join('; ')}`)
        }
        equal(index, corpus.length)
        ok(wrong.length === 0, wrong.join('\n'))
      } finally {
        await rm(folder, { recursive: true })
      }
    },
  },
]

/** @param {readonly string[]} paths */
async function* read(paths) {
  const child = spawn('/usr/bin/python3', [READER], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(paths.map((path) => `${path}\n`).join(''))
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line)
}

function differences(read, want, itsOwn) {
  return Object.keys(want)
    .filter((key) => !itsOwn.includes(key) && JSON.stringify(read[key]) !== JSON.stringify(want[key]))
    .map((key) => `${key} is ${JSON.stringify(read[key])} and should be ${JSON.stringify(want[key])}`)
}

/**
 * As it is compared. Python 3.11 keeps the white space between two encoded-words of a name, which RFC 2047 6.2 takes away, and the one
 * behind a field name when the field is folded there; so names are compared without white space, and subjects and own fields from their first letter.
 */
function normal(facts) {
  if (facts.error) return facts
  const people = (list) => list.map(({ name, address }) => person(name.replace(/\s/g, ''), address))
  return {
    ...facts,
    from: people(facts.from),
    to: people(facts.to),
    cc: people(facts.cc),
    replyTo: people(facts.replyTo),
    subject: facts.subject.trimStart(),
    headers: facts.headers.map((value) => value.trimStart()),
    messageId: facts.messageId.trim(),
    date: new Date(typeof facts.date === 'number' ? facts.date * 1000 : facts.date).toISOString(),
    text: plain(facts.text),
    html: plain(facts.html),
  }
}
