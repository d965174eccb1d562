import { createHash } from 'node:crypto'

const LF = 10
const CR = 13
const DOT = 46
const END_OF_LINE = Buffer.from('\r\n.')

// Where DATA stands: inside a line, after its CR, at a line's start, after a dot there, after a dot and a CR.
const [INSIDE, AFTER_CR, START, AFTER_DOT, AFTER_DOT_CR] = [0, 1, 2, 3, 4]

/** What a sink took since it was last asked. `digests` counts contents by SHA-256, when the sink was told to look. */
export function newLedger() {
  return { messages: 0, octets: 0, connections: 0, faults: 0, authenticated: 0, digests: {} }
}

/**
 * The server's side of one connection, without the socket: octets in by `take`, replies out as its return value. All replies to one
 * block go out together. Contents are counted with the dots of RFC 5321 4.5.2 taken out again.
 */
export class Intake {
  #mode = 'command'
  #partial = ''
  #place = INSIDE
  #left = 0
  #last = false
  #mail = false
  #recipients = 0
  #octets = 0
  #hash
  #replies = ''
  /** `starttls` or `quit` when the connection has to act on it after the replies are out. */
  wants = ''

  constructor(ledger, { keywords, digest = false }) {
    this.ledger = ledger
    this.keywords = keywords
    this.digest = digest
    this.#reset()
  }

  take(block) {
    for (let at = 0; at < block.length && this.wants === '';) {
      if (this.#mode === 'data') at = this.#takeData(block, at)
      else if (this.#mode === 'bdat') at = this.#takeChunk(block, at)
      else at = this.#takeLine(block, at)
    }
    const replies = this.#replies
    this.#replies = ''
    return replies
  }

  #takeLine(block, at) {
    const end = block.indexOf(LF, at)
    if (end < 0) {
      this.#partial += block.latin1Slice(at)
      return block.length
    }
    const line = this.#partial + block.latin1Slice(at, end)
    this.#partial = ''
    this.#command(line.trimEnd())
    return end + 1
  }

  #command(line) {
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'MAIL') {
      this.#reset()
      this.#mail = true
      this.#say('250 2.1.0 Ok')
    } else if (verb === 'RCPT' && this.#mail) {
      this.#recipients++
      this.#say('250 2.1.5 Ok')
    } else if (verb === 'DATA' && this.#recipients > 0) {
      this.#mode = 'data'
      this.#place = START
      this.#say('354 Go on')
    } else if (verb === 'BDAT') {
      const [, size, last] = line.split(' ')
      this.#left = Number(size)
      this.#last = last?.toUpperCase() === 'LAST'
      this.#mode = 'bdat'
      if (this.#left === 0) this.#chunkDone()
    } else if (verb === 'EHLO') {
      const lines = ['sink.bench.example', ...this.keywords]
      this.#say(lines.map((text, index) => `250${index === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n'))
    } else if (verb === 'AUTH' && /^AUTH PLAIN \S+$/i.test(line)) {
      this.ledger.authenticated++
      this.#say('235 2.7.0 Welcome')
    } else if (verb === 'STAR' && this.keywords.includes('STARTTLS')) {
      this.wants = 'starttls'
      this.#say('220 2.0.0 Go on')
    } else if (verb === 'QUIT') {
      this.wants = 'quit'
      this.#say('221 2.0.0 Bye')
    } else if (verb === 'HELO' || verb === 'NOOP' || verb === 'RSET') {
      if (verb === 'RSET') this.#reset()
      this.#say('250 2.0.0 Ok')
    } else {
      this.ledger.faults++
      this.#say('503 5.5.1 Not understood here')
    }
  }

  #takeChunk(block, at) {
    const end = Math.min(block.length, at + this.#left)
    this.#content(block, at, end)
    this.#left -= end - at
    if (this.#left === 0) this.#chunkDone()
    return end
  }

  #chunkDone() {
    this.#mode = 'command'
    if (this.#recipients === 0) {
      this.ledger.faults++
      this.#say('503 5.5.1 No transaction')
    } else if (this.#last) this.#took()
    else this.#say('250 2.0.0 Ok: chunk')
  }

  /** Returns where it stopped: behind the block, or behind the end of the content. */
  #takeData(block, at) {
    while (at < block.length) {
      if (this.#place === INSIDE) {
        const next = block.indexOf(END_OF_LINE, at)
        const end = next < 0 ? block.length : next + 2
        this.#content(block, at, end)
        if (next >= 0) this.#place = START
        else if (block[end - 1] === CR) this.#place = AFTER_CR
        else if (end - 2 >= at && block[end - 1] === LF && block[end - 2] === CR) this.#place = START
        at = end
        continue
      }
      const octet = block[at++]
      if (this.#place === AFTER_DOT_CR) {
        if (octet === LF) {
          this.#mode = 'command'
          this.#took()
          return at
        }
        this.#content(Buffer.of(CR, octet), 0, 2)
        this.#place = octet === CR ? AFTER_CR : INSIDE
      } else if (this.#place === START && octet === DOT) {
        this.#place = AFTER_DOT // not counted: it ends the content or was added for transparency
      } else if (this.#place === AFTER_DOT && octet === CR) {
        this.#place = AFTER_DOT_CR
      } else {
        this.#place = this.#place === AFTER_CR && octet === LF ? START : octet === CR ? AFTER_CR : INSIDE
        this.#content(block, at - 1, at)
      }
    }
    return at
  }

  #content(block, from, to) {
    this.#octets += to - from
    this.#hash?.update(block.subarray(from, to))
  }

  #took() {
    this.ledger.messages++
    this.ledger.octets += this.#octets
    if (this.#hash) {
      const digest = this.#hash.digest('hex')
      this.ledger.digests[digest] = (this.ledger.digests[digest] ?? 0) + 1
    }
    this.#reset()
    this.#say('250 2.0.0 Ok: taken')
  }

  #reset() {
    this.#mail = false
    this.#recipients = 0
    this.#octets = 0
    this.#hash = this.digest ? createHash('sha256') : undefined
  }

  #say(text) {
    this.#replies += `${text}\r\n`
  }
}
