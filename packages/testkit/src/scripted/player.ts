import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import type { SecureVersion } from 'node:tls'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { CertificateName, Certificates } from '../certificates.js'
import type { Step } from '../dialogue/dialogue.js'
import { escapeOctets } from '../dialogue/escaped.js'
import { Bookkeeper } from './bookkeeper.js'
import { Input } from './input.js'
import type { Chunking } from './output.js'
import { nextTurn, Output, pause } from './output.js'

const LINE_LIMIT_OCTETS = 1024 * 1024
const FLOOD_OCTETS = 64 * 1024 * 1024
const KEPT_CLEAR_OCTETS = 4 * 1024 * 1024

/** A client that did something else than the dialogue says. */
class Mismatch extends Error {}

/** Plays the steps of one session on one connection. */
export class Player {
  readonly bookkeeper = new Bookkeeper()
  readonly transcript: string[] = []
  readonly clear: Buffer[] = []
  octetsReceived = 0
  /** Where it stands, for messages: `line 12`, the step being played, or `after the last step`. Undefined when it is done. */
  where: string | undefined = 'before the first step'
  #steps: readonly Step[]
  #raw: Socket
  #socket: Socket
  #input: Input
  #output: Output
  #chunking: Chunking
  #certificates: Certificates | undefined

  constructor(steps: readonly Step[], socket: Socket, chunking: Chunking, certificates: Certificates | undefined) {
    this.#steps = steps
    this.#raw = socket
    this.#socket = socket
    this.#chunking = chunking
    this.#certificates = certificates
    this.#input = new Input(socket)
    this.#output = new Output(socket, chunking)
  }

  /** Resolves with what went wrong, if anything, once the client is gone. Never rejects. */
  async play(implicitTls: CertificateName | undefined): Promise<string | undefined> {
    const gone = new Promise<void>((resolve) => this.#raw.once('close', () => resolve()))
    try {
      if (implicitTls !== undefined) await this.#startTls(implicitTls, undefined)
      const last = await this.#playSteps()
      if (last === 'deaf') return undefined
      if (last === 'close' || last === 'silence' || last === 'flood') await this.#discard()
      else if (last !== 'reset') await this.#expectEnd()
      if (this.#output.open) this.#socket.end()
      await gone
      return undefined
    } catch (error) {
      this.#raw.destroy()
      return error instanceof Mismatch ? error.message : `${this.where}: ${String(error)}`
    } finally {
      this.where = undefined
    }
  }

  /** The last step that was played. */
  async #playSteps(): Promise<Step['kind'] | undefined> {
    for (let index = 0; index < this.#steps.length; index++) {
      const step = this.#steps[index]!
      this.where = `line ${step.line}`
      if (step.kind === 'send') {
        const pieces = [step.octets]
        for (let next = this.#steps[index + 1]; next?.kind === 'send'; next = this.#steps[index + 1]) {
          pieces.push(next.octets)
          index++
        }
        for (const piece of pieces) this.#note('S', piece)
        this.bookkeeper.sent(Buffer.concat(pieces))
        await this.#output.send(pieces)
      } else {
        await this.#playStep(step)
        if (step.kind === 'silence' || step.kind === 'deaf') return step.kind
      }
    }
    const last = this.#steps.at(-1)?.kind
    if (last !== 'end') this.where = 'after the last step'
    return last
  }

  async #playStep(step: Step): Promise<void> {
    switch (step.kind) {
      case 'line':
        return this.#expectLine(`C: ${escapeOctets(step.octets)}`, (line) => line.equals(step.octets))
      case 'match':
        return this.#expectLine(`C~ ${step.pattern.source}`, (line) => step.pattern.test(line.toString()))
      case 'exact':
        return this.#expectExact(step.octets)
      case 'content':
        return this.#expectContent(step.sizeOctets, step.sha256)
      case 'repeat':
        this.#note('S', step.octets, ` (${step.times} times)`)
        this.bookkeeper.sent(Buffer.alloc(Math.min(step.times, 1000) * step.octets.length, step.octets))
        return this.#output.repeat(step.octets, step.times)
      case 'tls':
        return this.#startTls(step.certificate, step.version)
      case 'wait':
        return pause(step.delayMs)
      case 'trickle':
        this.#output.trickleMs = step.delayMs
        return
      case 'idle':
        return this.#expectIdle()
      case 'flood':
        return this.#flood()
      case 'close':
        this.#socket.end()
        break
      case 'reset':
        await nextTurn().then(nextTurn) // octets that a reset overtakes may be lost, or the reset be taken for the end
        this.#raw.resetAndDestroy()
        break
      case 'deaf':
        this.#input.detach()
        break
      case 'send':
      case 'silence':
      case 'end':
        return
    }
    this.transcript.push(`* ${step.kind}`)
  }

  async #expectLine(expected: string, matches: (line: Buffer) => boolean): Promise<void> {
    while (!this.#input.unread.includes(0x0a)) {
      if (this.#input.unread.length > LINE_LIMIT_OCTETS || !(await this.#input.more())) this.#mismatch(expected)
    }
    const end = this.#input.unread.indexOf(0x0a)
    const line = this.#input.unread.subarray(0, end - 1)
    if (this.#input.unread[end - 1] !== 0x0d || !matches(line)) this.#mismatch(expected)
    this.#note('C', this.#take(end + 1))
  }

  async #expectExact(octets: Buffer): Promise<void> {
    for (;;) {
      const here = this.#input.unread.subarray(0, octets.length)
      if (!here.equals(octets.subarray(0, here.length))) this.#mismatch(`C= ${escapeOctets(octets)}`)
      if (here.length === octets.length) break
      if (!(await this.#input.more())) this.#mismatch(`C= ${escapeOctets(octets)}`)
    }
    this.#note('C', this.#take(octets.length))
  }

  async #expectContent(sizeOctets: number, sha256: string | undefined): Promise<void> {
    const hash = createHash('sha256')
    for (let left = sizeOctets; left > 0;) {
      if (this.#input.unread.length === 0 && !(await this.#input.more())) this.#mismatch(`C# ${left} more octets`)
      const part = this.#take(left)
      hash.update(part)
      left -= part.length
    }
    const digest = hash.digest('hex')
    this.transcript.push(`C# ${sizeOctets} sha256:${digest}`)
    if (sha256 !== undefined && digest !== sha256)
      throw new Mismatch(`${this.where}: expected sha256:${sha256}, got sha256:${digest}`)
  }

  /** What has arrived is given two turns of the event loop to be read; nothing is waited for. */
  async #expectIdle(): Promise<void> {
    await nextTurn()
    await nextTurn()
    if (this.#input.unread.length > 0) this.#mismatch('nothing unread')
  }

  async #expectEnd(): Promise<void> {
    while (this.#input.unread.length === 0 && (await this.#input.more()));
    if (this.#input.unread.length > 0) this.#mismatch('the client to close the connection')
  }

  async #discard(): Promise<void> {
    do {
      if (this.#input.unread.length > 0) this.#note('C', this.#take(this.#input.unread.length), ' (ignored)')
    } while (await this.#input.more())
  }

  async #flood(): Promise<void> {
    const block = Buffer.alloc(64 * 1024, 'S')
    this.transcript.push('* flood')
    const discarded = this.#discard()
    for (let sent = 0; sent < FLOOD_OCTETS; sent += block.length) {
      if (this.#input.ended !== undefined || !this.#output.open) return
      await Promise.race([this.#output.write(block), discarded])
    }
    throw new Mismatch(`${this.where}: the client took ${FLOOD_OCTETS} octets without closing the connection`)
  }

  /** A handshake that fails ends the input: the next step that expects something from the client says so. */
  async #startTls(name: CertificateName, version: SecureVersion | undefined): Promise<void> {
    const { unread, ended } = this.#input
    if (ended !== undefined) return
    if (unread.length > 0 && unread[0] !== 0x16) this.#mismatch('a TLS handshake')
    this.#input.detach()
    const { key, cert } = this.#certificates![name]
    const old = version === 'TLSv1' || version === 'TLSv1.1'
    const context = {
      key,
      cert,
      ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
      ...(old ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
    }
    const secure = new TLSSocket(this.#raw, { isServer: true, secureContext: createSecureContext(context) })
    let failure = 'the client left'
    secure.once('_tlsError', ({ message }: Error) => (failure = message.replace(/^.*?SSL routines:|:\.\..*$/gs, '')))
    this.#socket = secure
    this.#input = new Input(secure)
    this.#output = new Output(secure, this.#chunking, this.#output.trickleMs)
    const established = await new Promise<boolean>((resolve) => {
      secure.once('secure', () => resolve(true))
      for (const end of ['end', 'close']) secure.once(end, () => resolve(false))
    })
    this.transcript.push(`* tls ${name} (${established ? secure.getProtocol() : `failed: ${failure}`})`)
    if (!established) this.#input.ended = `did not finish the handshake (${failure})`
  }

  #take(sizeOctets: number): Buffer {
    const octets = this.#input.take(sizeOctets)
    this.octetsReceived += octets.length
    if (!(this.#socket instanceof TLSSocket) && this.octetsReceived <= KEPT_CLEAR_OCTETS) this.clear.push(octets)
    this.bookkeeper.received(octets)
    return octets
  }

  #note(side: 'C' | 'S', octets: Buffer, remark = ''): void {
    const isLine = octets.length > 1 && octets.indexOf('\r\n') === octets.length - 2
    const text = escapeOctets(isLine ? octets.subarray(0, -2) : octets, 400)
    this.transcript.push(`${side}${isLine ? ':' : '='} ${text}${remark}`)
  }

  #mismatch(expected: string): never {
    const { unread, ended = 'sent nothing' } = this.#input
    const got = unread.length > 0 ? `"${escapeOctets(unread, 400)}"` : `the client ${ended}`
    if (unread.length > 0) this.#note('C', this.#take(unread.length), ' (unexpected)')
    throw new Mismatch(`${this.where}: expected ${expected}, got ${got}`)
  }
}
