import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { asData, credentials, envelope, localName } from '../messages.mjs'

const IN_FLIGHT = 16
const LF = 10

const group = `MAIL FROM:<${envelope.reversePath}>\r\nRCPT TO:<${envelope.recipient}>\r\n`
const authPlain = `AUTH PLAIN ${Buffer.from(`\0${credentials.user}\0${credentials.password}`).toString('base64')}\r\n`
const ehlo = `EHLO ${localName}\r\n`

/**
 * The floor: what Node can do when nothing is asked of it. Octets recorded before the run, one write for a group, and of the replies
 * only the line ends are counted. It proves nothing to its caller; the ledger of the sink says that the messages arrived.
 * `chunking` true sends BDAT with 16 transactions in flight, false sends DATA with the content of one message and the
 * commands of the next in one write.
 */
export async function open({ port, security, ca, connections, chunking, inFlight = IN_FLIGHT }, content) {
  const lines = await Promise.all(Array.from({ length: connections }, () => greet({ port, security, ca })))
  const send = chunking ? bdatSender(content, inFlight) : dataSender(content)
  return {
    async run(count) {
      const share = Math.floor(count / connections)
      const more = count % connections
      await Promise.all(lines.map((line, index) => send(line, share + (index < more ? 1 : 0))))
    },
    async close() {
      await Promise.all(lines.map((line) => line.quit()))
    },
  }
}

/** The first message on a new connection, from the connect to the acceptance, then QUIT. */
export async function first({ port, security, ca, auth }, content) {
  const body = asData(content)
  const started = performance.now()
  const line = await greet({ port, security, ca })
  line.write(`${auth ? authPlain : ''}${group}DATA\r\n`)
  await line.lines(auth ? 4 : 3)
  line.write(body)
  await line.lines(1)
  const elapsedMs = performance.now() - started
  await line.quit()
  return elapsedMs
}

function dataSender(content) {
  const opening = Buffer.from(`${group}DATA\r\n`)
  const last = asData(content)
  const next = Buffer.concat([last, opening])
  return async (line, count) => {
    if (count === 0) return
    line.write(opening)
    await line.lines(3)
    let left = count - 1
    const step = () => {
      if (left === 0) return false
      left--
      line.write(next)
      return true
    }
    if (step()) await line.pump(4, step)
    line.write(last)
    await line.lines(1)
  }
}

function bdatSender(content, inFlight) {
  const one = Buffer.concat([Buffer.from(`${group}BDAT ${content.length} LAST\r\n`), content])
  const small = one.length <= 65_536
  const many = small ? Buffer.concat(Array.from({ length: inFlight }, () => one)) : one
  const write = (line, records) => {
    if (small) return line.write(many.subarray(0, records * one.length))
    for (let record = 0; record < records; record++) line.write(one)
  }
  return async (line, count) => {
    let unsent = count
    let open = 0
    const refill = (done) => {
      open -= done
      const records = Math.min(unsent, inFlight - open)
      if (records > 0) write(line, records)
      unsent -= records
      open += records
      return open > 0
    }
    if (refill(0)) await line.pump(3, refill)
  }
}

/** Connects, reads the greeting, says EHLO and upgrades if asked to. */
async function greet({ port, security, ca }) {
  const tls = { ca, servername: 'localhost' }
  let line = new Line((options) =>
    security === 'implicit'
      ? connectTls({ ...tls, ...options, port, host: '127.0.0.1' })
      : connect({ ...options, port, host: '127.0.0.1', noDelay: true }),
  )
  line.socket.setNoDelay(true)
  await line.lines(1)
  line.write(ehlo)
  await line.wholeReply()
  if (security === 'starttls') {
    line.write('STARTTLS\r\n')
    await line.lines(1)
    const { socket } = line
    socket.removeAllListeners('data')
    line = new Line(() => connectTls({ ...tls, socket }))
    line.write(ehlo)
    await line.wholeReply()
  }
  return line
}

/** A socket of which only the line ends are heard. */
class Line {
  #heard = 0
  #wanted = 0
  #step
  #done
  #failed
  #text

  constructor(dial) {
    // One buffer for all reads where Node allows it, instead of a new one for each.
    const buffer = Buffer.allocUnsafeSlow(65_536)
    const callback = (size, octets) => {
      this.#hear(octets, size)
      return true
    }
    this.socket = dial({ onread: { buffer, callback } })
    this.socket.on('data', (octets) => this.#hear(octets, octets.length)) // never with `onread`
    this.socket.on('error', (error) => this.#failed?.(error))
    this.socket.on('close', () => this.#failed?.(new Error('the sink closed the connection')))
  }

  write(octets) {
    this.socket.write(octets)
  }

  /** Resolves when so many line ends came in. */
  lines(count) {
    return this.pump(count, () => false)
  }

  /** Calls `step` with the number of whole sets of `lines` that came in, until it returns false. */
  pump(lines, step) {
    return new Promise((resolve, reject) => {
      this.#wanted = lines
      this.#step = step
      this.#done = resolve
      this.#failed = reject
      this.#advance()
    })
  }

  /** Resolves at the end of a reply of more than one line. */
  async wholeReply() {
    for (this.#text = ''; !/^\d{3} .*\r\n/m.test(this.#text);) await this.lines(1)
    this.#text = undefined
  }

  async quit() {
    this.write('QUIT\r\n')
    await this.lines(1)
    this.socket.destroy()
  }

  #hear(octets, size) {
    for (let at = 0; at < size; at++) if (octets[at] === LF) this.#heard++
    if (this.#text !== undefined) this.#text += octets.latin1Slice(0, size)
    this.#advance()
  }

  #advance() {
    while (this.#done && this.#heard >= this.#wanted) {
      const sets = Math.floor(this.#heard / this.#wanted)
      this.#heard -= sets * this.#wanted
      if (this.#step(sets)) continue
      const done = this.#done
      this.#done = this.#failed = undefined
      done()
    }
  }
}
