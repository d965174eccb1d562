// Processes a spool folder, or queues a message of so many octets, or this submission. Arguments: address of the built spool/index.js, folder, options as JSON: { hang, user, queue, submission }.
// Prints a line for each event and each message, and with `hang` never finishes a send.
import { writeSync } from 'node:fs'
import process from 'node:process'

const [module, folder, given = '{}'] = process.argv.slice(2)
const { hang = false, user, queue = 0, submission } = JSON.parse(given)
const { SpoolFolder } = await import(module)
if (user !== undefined) {
  process.setgid(user)
  process.setuid(user)
}
const say = (/** @type {string} */ text) => writeSync(1, `${text}\n`)
const spool = new SpoolFolder(folder)
const failed = (/** @type {any} */ error) => say(`error ${error.code} ${error.message}`)
if (queue > 0 || submission !== undefined) {
  const envelope = { reversePath: 'a@example.test', recipients: ['b@example.test'] }
  await spool
    .queue(submission ?? { envelope, content: 'x'.repeat(queue) })
    .then((/** @type {string} */ name) => say(`queued ${name}`), failed)
} else {
  const send = async (/** @type {{ name: string }} */ message) => {
    say(`send ${message.name}`)
    if (hang) await new Promise((resolve) => setTimeout(resolve, 2 ** 30))
  }
  const onEvent = (/** @type {{ kind: string, name: string, error?: { code: string } }} */ { kind, name, error }) =>
    say(`${kind} ${name}${error ? ` ${error.code}` : ''}`)
  await spool.process(send, { onEvent }).then((/** @type {object} */ run) => say(`done ${JSON.stringify(run)}`), failed)
}
