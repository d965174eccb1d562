// Run as root in a mount namespace of its own: a spool folder on a file system without room, one without names to give, and one that is mounted
// read-only. Arguments: address of posthorn/spool, an empty folder. Prints what happened as JSON.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const [module, home] = process.argv.slice(2)
const { SpoolFolder } = await import(module)
const envelope = { reversePath: 'a@posthorn.example', recipients: ['b@posthorn.example', 'c@posthorn.example'] }

function mounted(name, options) {
  const folder = join(home, name)
  mkdirSync(folder)
  mount(['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  return folder
}

function mount(args) {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`)
}

/** Until there is no room for one octet more. */
function fill(file) {
  for (;;) {
    try {
      appendFileSync(file, Buffer.alloc(100))
    } catch (error) {
      if (error.code === 'ENOSPC') return
      throw error
    }
  }
}

const outcome = (promise) =>
  promise.then(
    (value) => ({ value: typeof value === 'string' ? 'queued' : value }),
    ({ code, message, hint }) => ({ code, message, hint }),
  )
const filesIn = (folder) =>
  readdirSync(folder)
    .map((name) => name.replace(/^.*\./, '.'))
    .sort()
const said = {}

// no room: what is queued is whole, what does not fit is refused and leaves nothing, and what is there can still be sent
const full = mounted('full', 'size=256k')
const spool = new SpoolFolder(full)
await spool.queue({ envelope, content: 'x'.repeat(50_000) })
await spool.queue({ envelope, content: 'y'.repeat(50_000) })
const large = async function* () {
  for (let count = 0; count < 100; count++) yield Buffer.alloc(10_000, 'z')
}
said.tooLarge = { ...(await outcome(spool.queue({ envelope, content: large() }))), files: filesIn(full) }
fill(join(full, 'filler'))
const partly = async ({ submission }) => {
  const [first, second] = submission.envelope.recipients
  const of = (recipient, outcome) => ({ recipient, outcome, phase: 'final', at: 0 })
  return { deliveries: [of(first, 'delivered'), of(second, 'notSent')] }
}
said.partly = { ...(await outcome(spool.process(partly, { concurrency: 1 }))), files: filesIn(full) }
const sent = []
said.sent = {
  ...(await outcome(spool.process(async ({ submission }) => void sent.push(submission.envelope.recipients)))),
  files: filesIn(full),
  recipients: sent,
}

// no names: a heartbeat and a note need one each
const nameless = mounted('nameless', 'size=1m,nr_inodes=3')
const other = new SpoolFolder(nameless)
await other.queue({ envelope, content: 'x' })
said.nameless = [await outcome(other.queue({ envelope, content: 'y' }))]
said.nameless.push(await outcome(other.queue({ envelope, content: 'y' })), await outcome(other.process(async () => {})))
said.namelessFiles = filesIn(nameless)

// read-only
const fixed = mounted('fixed', 'size=1m')
const last = new SpoolFolder(fixed)
await last.queue({ envelope, content: 'x' })
mount(['-o', 'remount,ro', fixed])
said.fixed = [await outcome(last.queue({ envelope, content: 'y' })), await outcome(last.process(async () => {}))]
said.fixedFiles = filesIn(fixed)
console.log(JSON.stringify(said, undefined, 1))
