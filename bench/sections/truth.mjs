import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { once } from 'node:events'
import { startChild } from '../child.mjs'
import { throughputRows } from '../clients/rows.mjs'
import { asData, contentOf, sizes, trickyContent } from '../messages.mjs'
import { startCSink, startNodeSink } from '../sinks/start.mjs'
import { expectTaken } from './ledger.mjs'

/**
 * Before anything is measured: do the sinks count rightly, and does every client deliver every octet? Throws when not. A figure of a client
 * that loses or changes messages, or of a sink that counts what did not arrive, would be worth nothing.
 */
export async function truth(plan) {
  const digesting = await startNodeSink({ digest: true })
  const sinks = [digesting, ...(plan.sinkProgram ? [await startCSink(plan.sinkProgram)] : [])]
  try {
    for (const sink of sinks) await checkSink(sink)
    for (const row of throughputRows.filter(({ module }) => !plan.missing[module])) await checkClient(digesting, row)
  } finally {
    for (const sink of sinks) await sink.stop()
  }
  plan.print(
    'Checked: the sinks count every message and octet, and every client delivers every octet of every content.',
  )
}

/** Dribbles awkward contents in blocks of every small size, by DATA and BDAT, and one transaction that is cut off. */
async function checkSink(sink) {
  const contents = [trickyContent(), contentOf(1024), Buffer.from('.\r\n'), Buffer.from('a\rb\nc\r\n.\rd\r\n..\r\n')]
  for (const content of contents) {
    for (const blockOctets of [1, 2, 3, 5, 7, 4096]) {
      const commands = 'MAIL FROM:<a@bench.example>\r\nRCPT TO:<b@bench.example>\r\n'
      await dribble(
        sink.port,
        Buffer.concat([
          Buffer.from(`EHLO bench.example\r\n${commands}DATA\r\n`),
          asData(content),
          Buffer.from(`${commands}BDAT 2\r\nxyBDAT ${content.length} LAST\r\n`),
          content,
          Buffer.from(`${commands}BDAT 10 LAST\r\nfive!`),
        ]),
        blockOctets,
      )
      const who = `${content.length} octets in blocks of ${blockOctets}`
      const took = await expectTaken(sink, { messages: 2, octets: 2 * content.length + 2 }, who)
      if (took.digests && took.digests[sha256(content)] !== 1) throw new Error(`${sink.name}, ${who}: wrong octets`)
    }
  }
}

async function dribble(port, octets, blockOctets) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.resume()
  for (let at = 0; at < octets.length; at += blockOctets) {
    if (!socket.write(octets.subarray(at, at + blockOctets))) await once(socket, 'drain')
    if (blockOctets < 100) await new Promise((resolve) => setImmediate(resolve))
  }
  // The sink answers an end by an end, and only after it took what came before.
  socket.end()
  await once(socket, 'close')
}

async function checkClient(sink, row) {
  const child = startChild()
  try {
    await child.ask('load', { name: row.module })
    for (const sizeOctets of [undefined, ...Object.values(sizes)]) {
      const content = sizeOctets === undefined ? trickyContent() : contentOf(sizeOctets)
      const settings = { port: sink.port, security: 'none', connections: 2, outstanding: 20, ...row.settings }
      const count = content.length > 100_000 ? 2 : 40
      await child.ask('open', { settings, sizeOctets })
      await child.ask('run', { count })
      await child.ask('close')
      const took = await expectTaken(sink, { messages: count, octets: count * content.length }, row.name)
      if (took.digests[sha256(content)] !== count) throw new Error(`${row.name}: other octets arrived than were sent`)
    }
  } finally {
    child.stop()
  }
}

const sha256 = (octets) => createHash('sha256').update(octets).digest('hex')
