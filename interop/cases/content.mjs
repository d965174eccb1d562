// What arrives is what was sent, octet by octet, whatever the body looks like and wherever it comes from.
import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { compose } from '@posthorn/mime'
import { outcomesOf, trailOf } from '../expectation.mjs'
import { exactly, letter, MARKER, sameOctets, withLf } from '../letter.mjs'

const CARRIAGES = [
  { chunking: 'off', verb: 'DATA' },
  { chunking: 'auto', verb: 'BDAT' },
]

const lines = (...texts) => texts.map((text) => `${text}\r\n`).join('')

/** Bodies by name. `sent`: as the caller gives it, when that is not as it must arrive (lines ending with CRLF). */
const BODIES = {
  'dots at line starts': { whole: lines('.', '..', '.dot', '...three', 'a.b', '', '.', 'end') },
  'a single dot and nothing else': { whole: lines('.') },
  '8-bit UTF-8': { whole: lines('grüße', '你好', '📮 Привет', 'ÿ') },
  'every octet from 1 to 255 but CR and LF': {
    whole: Buffer.concat([
      Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1).filter((octet) => octet !== 10 && octet !== 13)),
      Buffer.from('\r\n'),
    ]),
  },
  'lines of 990 and 998 octets': { whole: lines('0'.repeat(990), `.${'1'.repeat(997)}`, '2'.repeat(998)) },
  'trailing blanks and empty lines': { whole: lines('blanks   ', 'tab\t', '   ', '', '', 'last', '', '', '') },
  'From and >From at line starts': { whole: lines('From here', '>From there', 'from') },
  'an empty body': { whole: '' },
  'bare LF line endings': { whole: lines('one', '.two', '', '..', 'end'), sent: 'one\n.two\n\n..\nend\n' },
  'LF, CRLF and bare CR mixed': {
    whole: lines('one', '.two', 'three', '.four', 'end'),
    sent: 'one\r.two\nthree\r\n.four\rend\r',
  },
  'no final newline': { whole: lines('one', 'two'), sent: 'one\r\ntwo' },
  'a dot without final newline': { whole: lines('one', '.'), sent: 'one\r\n.' },
}

const bodies = Object.entries(BODIES).flatMap(([name, { whole, sent = whole }]) =>
  CARRIAGES.map(({ chunking, verb }) => ({
    title: `${name}, by ${verb}`,
    async run(lab) {
      const { marker, content } = letter(sent)
      const header = content.subarray(0, content.length - Buffer.byteLength(sent))
      const stored = withLf(Buffer.concat([header, Buffer.from(whole)]))
      await arrives(lab, chunking, verb, content, { marker, stored })
    },
  })),
)

/** A body of all difficulties, and of many lines, for sources that give it piece by piece. */
const DIFFICULT = lines('.', '', 'grüße 📮', '0'.repeat(990), 'blanks   ', '..').repeat(100)

/** Ways to hand content over; each gets the octets and a folder of its own. */
const SOURCES = {
  'a string': (octets) => octets.toString('utf8'),
  'a file': async (octets, folder) => {
    const path = join(folder, 'letter.eml')
    await writeFile(path, octets)
    return { path }
  },
  'a one-shot stream': (octets) => Readable.from(pieces(octets, 1000)),
  'a function that gives blocks of 37 octets': (octets) => () => inBlocks(octets, 37),
  'a function that gives one block': (octets) => () => inBlocks(octets, octets.length),
}

const sources = Object.entries(SOURCES).flatMap(([name, source]) =>
  CARRIAGES.flatMap(({ chunking, verb }) =>
    [false, true].map((bare) => ({
      title: `content from ${name}, ${bare ? 'bare LF and no final newline' : 'CRLF'}, by ${verb}`,
      async run(lab) {
        const one = letter(DIFFICULT)
        const content = bare ? one.stored.subarray(0, one.stored.length - 1) : one.content
        const folder = await mkdtemp(join(tmpdir(), 'posthorn-content-'))
        try {
          await arrives(lab, chunking, verb, await source(content, folder), one)
        } finally {
          await rm(folder, { recursive: true })
        }
      },
    })),
  ),
)

const composed = CARRIAGES.map(({ chunking, verb }) => ({
  title: `a composed message with attachments of 5 MB, by ${verb}`,
  async run(lab) {
    const box = lab.box()
    const large = randomBytes(5_000_000)
    const message = await compose({
      from: 'Alice Müller <alice@posthorn.example>',
      to: box.at('bob'),
      subject: 'Grüße mit Anhang',
      text: 'Siehe Anhang.\n.\nBis bald',
      html: '<p>Siehe Anhang.</p>',
      headers: [{ name: MARKER, value: 'composed' }],
      attachments: [
        { filename: 'groß.bin', content: large },
        { filename: 'streamed.bin', content: () => inBlocks(large, 65_536), sizeOctets: large.length },
      ],
    })
    const client = lab.client('mx', { chunking })
    const receipt = await client.send(message)
    deepStrictEqual(outcomesOf(receipt), ['delivered'])
    await lab.settled()
    const arrived = await box.arrived()
    equal(arrived.length, 1)
    const given = []
    for await (const block of message.content.open()) given.push(Buffer.from(block))
    const sent = withLf(Buffer.concat(given)).toString('latin1')
    const stored = arrived[0].stored
    sameOctets(stored, Buffer.from(sent.slice(sent.indexOf(`${MARKER}: `)), 'latin1'))
    const wanted = createHash('sha256').update(large).digest('hex')
    deepStrictEqual(attachmentsIn(stored.toString('latin1')).map(sha256), [wanted, wanted])
  },
}))

const utf8 = [
  {
    title: 'UTF-8 in header fields: SMTPUTF8 is asked for, and they arrive as they are',
    async run(lab) {
      const box = lab.box()
      const { marker, content } = letter('Grüße\r\n')
      const header = Buffer.from(content.toString('utf8').replace('Subject: ', 'Subject: Grüße, 你好 '))
      const client = lab.client('mx')
      const trail = trailOf(client)
      await client.send({ envelope: { reversePath: box.at('alice'), recipients: [box.at('bob')] }, content: header })
      await lab.settled()
      exactly(await box.arrived(), [{ letter: { marker, stored: withLf(header) }, recipients: [box.at('bob')] }])
      ok(trail.commands().some((line) => line.startsWith('MAIL FROM:') && line.includes(' SMTPUTF8')))
    },
  },
]

export const cases = [...bodies, ...sources, ...composed, ...utf8]

async function arrives(lab, chunking, verb, content, expected) {
  const box = lab.box()
  const client = lab.client('mx', { chunking })
  const trail = trailOf(client)
  const recipients = [box.at('bob')]
  const receipt = await client.send({ envelope: { reversePath: box.at('alice'), recipients }, content })
  await client.close()
  await lab.settled()
  deepStrictEqual(outcomesOf(receipt), ['delivered'])
  exactly(await box.arrived(), [{ letter: expected, recipients }])
  ok(trail.count(verb) > 0, `${verb} was used`)
  equal(trail.count(verb === 'DATA' ? 'BDAT' : 'DATA'), 0)
}

function* pieces(octets, size) {
  for (let from = 0; from < octets.length; from += size) yield octets.subarray(from, from + size)
}

async function* inBlocks(octets, size) {
  yield* pieces(octets, size)
}

/** The decoded bodies of the parts that have a file name, in a stored message. */
function attachmentsIn(text) {
  const starts = [...text.matchAll(/^Content-Disposition: attachment/gm)].map(({ index }) => index)
  return starts.map((index) => {
    const from = text.indexOf('\n\n', index) + 2
    return Buffer.from(text.slice(from, text.indexOf('\n--', from)), 'base64')
  })
}

function sha256(octets) {
  return createHash('sha256').update(octets).digest('hex')
}
