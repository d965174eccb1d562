// Sends a spool folder, and kills itself right after line N of its journal, which has a line for all it does to the disk and on the wire.
// Arguments: addresses of the built spool/index.js and of @posthorn/smtp, folder, port, journal, number of this run, N (0: never).
import fs from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const [spoolModule, smtpModule, folder, port, journalPath, run, killAt] = process.argv.slice(2)
const { writeSync } = fs
const journal = fs.openSync(journalPath, 'a')
let lines = 0

/** @param {string} kind @param {string} [of] */
function note(kind, of = '-') {
  lines++
  writeSync(journal, `${run} ${kind} ${of}\n`)
  if (lines === Number(killAt)) process.kill(process.pid, 'SIGKILL')
}

const { SpoolFolder } = await import(spoolModule)
const { SmtpClient } = await import(smtpModule)

/** @param {Record<string, any>} object @param {string} name */
function watch(object, name) {
  const original = object[name]
  object[name] = function (/** @type {unknown[]} */ ...args) {
    note(`before-${name}`)
    return original.apply(this, args)
  }
}
for (const name of ['rename', 'open', 'writeFile']) watch(promises, name)
for (const name of ['renameSync', 'unlinkSync']) watch(fs, name)
syncBuiltinESMExports()

const client = new SmtpClient({
  ...{ host: '127.0.0.1', port: Number(port), security: 'none', localName: 'worker.example.test' },
  pool: { maxConnections: 2 },
})
/** @type {Map<number, string[]>} what each session has named and not sent yet */
const named = new Map()
client.on('trail', (event) => {
  if (event.type === 'command') {
    const [, message] = /^MAIL FROM:<(\d+)@/.exec(event.line) ?? []
    if (message !== undefined) named.set(event.session, [...(named.get(event.session) ?? []), message])
    note(`command-${event.phase}`, message)
  } else if (event.type === 'reply') {
    note(`reply-${event.phase}`)
  } else if (event.type === 'content') {
    if (event.done) note('content-done', named.get(event.session)?.shift())
    else note('content-part')
  }
})
const numbers = new Map()
await new SpoolFolder(folder).process(
  async (message) => {
    const number = message.submission.envelope.reversePath.replace('@example.test', '')
    numbers.set(message.name, number)
    note('taken', number)
    const receipt = await client.send(message.submission)
    note('receipt', number)
    // this line comes behind that of the record when nothing but synchronous calls stands between the two
    setImmediate(() => note('next-turn', number))
    return receipt
  },
  { concurrency: 2, onEvent: ({ kind, name }) => note(kind, numbers.get(name)) },
)
await client.close()
