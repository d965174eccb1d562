import type { Socket } from 'node:net'
import { Interrupt, InvariantError, ProtocolError, type Phase, type PosthornError, type Reply } from '@posthorn/ground'
import { resetConnection } from '@posthorn/net'
import type { Command } from './command.js'
import { Fifo } from './fifo.js'
import { Hidden } from './hidden.js'
import { endConnection } from './ending.js'
import { HandedOver } from './handed-over.js'
import { connectionLost, inPhase, notAskedFor, timedOut } from './fault.js'
import { Outgoing } from './outgoing.js'
import { ReplyParser } from './reply-parser.js'
import type { Trail } from './trail.js'
import { Watch } from './watch.js'
import type { WireTerms } from './wire-terms.js'

interface Waiter {
  resolve(reply: Reply): void
  reject(error: PosthornError): void
}

/**
 * The octets of one connection: commands go out in groups, replies come in strictly in the order of the commands (RFC 2920 3.1), each
 * under the time allowed for its phase, counted from the command, or from the last octet that passed where silence is measured. Whatever
 * does not fit ends the connection: a reply nobody asked for, a reply too long, silence. After that every read rejects with the reason.
 */
export class Wire {
  readonly #socket: Socket
  readonly #trail: Trail
  readonly #limit: (phase: Phase) => number
  readonly #explain: (error: Error) => PosthornError | undefined
  readonly #parser = new ReplyParser()
  /** One entry per reply that is still to come. */
  readonly #expected = new Fifo<Phase>()
  readonly #inbox = new Fifo<Reply>()
  /** What must not be shown, whoever says it. */
  readonly hidden = new Hidden()
  #waiter: Waiter | undefined
  #gathering: { readonly count: number; resolve(): void } | undefined
  #failure: PosthornError | undefined
  readonly #out: Outgoing
  readonly #watch: Watch
  readonly #handedOver = new HandedOver()
  #stopBlock: (() => void) | undefined
  /** Flushes that the other side has not taken whole, counted where there is a limit for that. */
  #untaken = 0
  #contentOpen = false
  readonly #end = new Interrupt()
  #quitting = false
  #moved = false
  #terms: WireTerms
  /** A refusal that came before the content was finished; the connection cannot be used any further. */
  early: Reply | undefined
  /** The reply that announced the end of the session, 421 (RFC 5321 3.8). */
  closing: Reply | undefined

  /** @param explain what an error of the socket means, where more is known than that it broke */
  constructor(
    socket: Socket,
    trail: Trail,
    limit: (phase: Phase) => number,
    explain: (error: Error) => PosthornError | undefined,
    terms: WireTerms,
  ) {
    this.#explain = explain
    this.#terms = terms
    this.#socket = socket
    this.#out = new Outgoing(socket, terms, this.#onMoved)
    this.#trail = trail
    this.#limit = limit
    this.#watch = new Watch(this.#onDue)
    socket.on('data', this.#onData)
    socket.on('error', this.#onError)
    socket.on('end', this.#onEnd)
    socket.on('close', this.#onEnd)
  }

  get socket(): Socket {
    return this.#socket
  }

  /** Resolves when the connection has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#end.promise
  }

  /** What the promise gives, or undefined when the connection ends first. */
  whileOpen<T>(promise: Promise<T>): Promise<T | undefined> {
    return this.#end.unlessCome(promise)
  }

  get failure(): PosthornError | undefined {
    return this.#failure
  }

  /** The phase of the reply that is waited for. */
  get phase(): Phase {
    return this.#expected.first ?? (this.#contentOpen ? 'content' : 'command')
  }

  /** The number of replies still to come. */
  get outstanding(): number {
    return this.#expected.length
  }

  /** True when nothing is held that was not asked for: no reply, no part of one. */
  get quiet(): boolean {
    return this.#inbox.length === 0 && this.#parser.empty
  }

  /** Measures silence from here on. What is waited for now keeps its limit until the next octet. */
  allowSilence(silentMs: number): void {
    this.#terms = { ...this.#terms, silentMs, blockMs: silentMs, commandsMs: undefined }
    this.#out.measureSilence(silentMs)
  }

  /** Puts a command into the group that the next `flush` sends, and expects its reply. */
  command(command: Command): void {
    this.#out.text(command.text)
    if (command.shown !== undefined) this.hidden.addCommand(command.text, command.shown)
    this.#expected.push(command.phase)
    if (!this.#trail.on) return
    const shown = this.#terms.trailSecrets ? undefined : command.shown
    this.#trail.emit({ type: 'command', phase: command.phase, line: shown ?? command.text.slice(0, -2) })
  }

  /** Expects one more reply, for what was put into the group besides commands. */
  expect(phase: Phase): void {
    this.#expected.push(phase)
    if (this.#terms.silentMs !== undefined) this.#handedOver.expect(phase)
  }

  /** Text that frames content and has no reply of its own at this point: the BDAT line, the final dot. */
  frame(text: string, shown?: string): void {
    this.#out.text(text)
    if (shown !== undefined && this.#trail.on) this.#trail.emit({ type: 'command', phase: 'content', line: shown })
  }

  /** Octets of content for the next `flush`; not to be changed before `taken` resolves or, for small ones, before `flush`. */
  octets(block: Uint8Array): void {
    this.#out.block(block)
    if (this.#terms.silentMs !== undefined) this.#handedOver.add(block.length)
  }

  /** From here to `contentDone` a refusal may come that nobody asked for yet. */
  contentBegins(): void {
    this.#contentOpen = true
  }

  contentDone(): void {
    this.#contentOpen = false
  }

  /** Starts the clock for a reply that comes without a command, the greeting. */
  watch(): void {
    this.#watchReply()
  }

  /** Sends what was put together, small parts in one piece. */
  flush(): void {
    if (this.#out.empty) return
    if (this.#failure) return this.#out.drop()
    if (!this.#watch.forReply) this.#watchReply()
    const { silentMs, commandsMs } = this.#terms
    this.#out.hand(
      silentMs !== undefined ? this.#onMoved : commandsMs === undefined ? undefined : this.#watchCommands(commandsMs),
    )
  }

  /**
   * Flushes and resolves once the system has taken every octet, so that the memory of the blocks is free again, or once there is
   * nothing more to wait for: an early refusal, or the end of the connection.
   */
  taken(): Promise<void> {
    if (this.#failure || this.early || this.#out.empty) {
      this.#out.drop()
      return Promise.resolve()
    }
    this.#watch.block(this.#terms.blockMs)
    if (!this.#watch.forReply) this.#watchReply()
    return new Promise((resolve) => {
      const done = () => {
        this.#watch.block(Infinity)
        this.#stopBlock = undefined
        resolve()
      }
      this.#stopBlock = done
      this.#out.handBlocks(done)
    })
  }

  /** The next reply when it is here already. */
  take(): Reply | undefined {
    return this.#inbox.shift()
  }

  /** The next so many replies when all of them are here. */
  takeAll(count: number): Reply[] | undefined {
    return this.#inbox.length >= count ? this.takeUpTo(count) : undefined
  }

  /** What is here of the next so many replies. */
  takeUpTo(count: number): Reply[] {
    const replies: Reply[] = []
    while (replies.length < count && this.#inbox.length > 0) replies.push(this.#inbox.shift()!)
    return replies
  }

  /** Resolves once so many replies are here, or no more will come; `take` and `read` then tell which. */
  gathered(count: number): Promise<void> | undefined {
    if (this.#inbox.length >= count || this.#failure) return undefined
    return new Promise((resolve) => {
      this.#gathering = { count, resolve }
    })
  }

  /** The next reply. @throws {PosthornError} the reason when the connection has ended */
  read(): Promise<Reply> {
    const reply = this.take()
    if (reply) return Promise.resolve(reply)
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#waiter) return Promise.reject(new InvariantError('two readers on one connection'))
    if (this.#expected.length === 0)
      return Promise.reject(new InvariantError('a reply is read that no command asks for'))
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
  }

  /** Ends the connection at once, for this reason unless there was one before. */
  fail(error: PosthornError): void {
    if (this.#failure) return
    this.#stop(error)
    if (this.#terms.linger === false) resetConnection(this.#socket)
    else this.#socket.destroy()
    this.#over(error)
  }

  /** Ends the connection in order, or as its settings say. */
  end(error: PosthornError): void {
    if (this.#failure) return
    this.#stop(error)
    endConnection(this.#socket, this.#terms)
    this.#over(error)
  }

  #stop(error: PosthornError): void {
    this.#failure = error
    this.#contentOpen = false
    this.#watch.stop()
    this.#out.stop()
  }

  /** Tells everybody who waits for something of this connection. */
  #over(error: PosthornError): void {
    this.#trail.emit({ type: 'close', reason: error.message })
    this.#waiter?.reject(error)
    this.#waiter = undefined
    this.#stopBlock?.()
    this.#doneGathering()
    this.#end.come()
  }

  /** The last command was QUIT: from here on the end of the connection is what is expected. */
  quitting(): void {
    this.#quitting = true
  }

  /** Hands the socket over, for TLS; this wire is done with it. Nothing may be left unread (RFC 3207 6). */
  detach(): Socket {
    this.#watch.stop()
    this.#socket.off('data', this.#onData)
    this.#socket.off('error', this.#onError)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('close', this.#onEnd)
    this.#socket.pause()
    return this.#socket
  }

  readonly #onData = (octets: Buffer): void => {
    if (this.#failure) return
    this.#moved = false
    try {
      this.#parser.push(octets, this.#onReply)
    } catch (error) {
      this.fail(
        error instanceof ProtocolError
          ? inPhase(this.phase, error)
          : new InvariantError('the reply parser failed', error),
      )
      return
    }
    // a part of a reply does not buy the server more time, unless it is silence that is measured
    if (this.#moved) this.#watchReply()
    if (this.#terms.silentMs !== undefined) this.#onMoved()
  }

  readonly #onReply = (received: Reply): void => {
    if (this.#failure) return
    const reply = this.hidden.mask(received)
    const phase = this.#expected.shift()
    if (phase !== undefined && this.#terms.silentMs !== undefined) this.#handedOver.answered(phase)
    this.#moved = true
    if (reply.code === 421) this.closing = reply
    if (phase === undefined) {
      this.#tell(this.phase, received, reply)
      this.#unasked(reply)
      return
    }
    this.#handOver(reply)
    // told once it is handed over: whoever ends the connection now does not take it back
    this.#tell(phase, received, reply)
  }

  #tell(phase: Phase, received: Reply, masked: Reply): void {
    if (!this.#trail.on) return
    this.#trail.emit({ type: 'reply', phase, reply: this.#terms.trailSecrets ? received : masked })
  }

  #handOver(reply: Reply): void {
    const waiter = this.#waiter
    if (waiter) {
      this.#waiter = undefined
      waiter.resolve(reply)
      return
    }
    this.#inbox.push(reply)
    if (this.#gathering && this.#inbox.length >= this.#gathering.count) this.#doneGathering()
  }

  #doneGathering(): void {
    const gathering = this.#gathering
    this.#gathering = undefined
    gathering?.resolve()
  }

  /** A refusal while content goes out is a verdict; 421 may come at any time (RFC 5321 3.8); anything else is out of step. */
  #unasked(reply: Reply): void {
    if (this.#contentOpen && reply.code >= 400 && !this.early) {
      this.early = reply
      this.#stopBlock?.()
      return
    }
    this.fail(notAskedFor(reply, this.phase))
  }

  readonly #onError = (cause: Error): void => {
    const known = this.#explain(cause)
    if (known) this.fail(known)
    this.#lost(`the connection broke (${(cause as NodeJS.ErrnoException).code ?? cause.message})`, cause)
  }

  readonly #onEnd = (): void => {
    this.#lost('the server closed the connection')
  }

  #lost(what: string, cause?: Error): void {
    const { phase } = this
    const when = this.#expected.first || this.#contentOpen ? `in phase ${phase}` : 'while nothing was under way'
    this.fail(connectionLost(phase, this.#quitting ? what : `${what} ${when}`, cause))
  }

  #watchReply(): void {
    const next = this.#expected.first
    if (next === undefined) return this.#watch.reply(Infinity)
    const { silentMs, finalMs } = this.#terms
    const extraMs = silentMs === undefined ? 0 : Math.min(finalMs, this.#handedOver.extraMs(next))
    this.#watch.reply(this.#limit(next) + extraMs)
  }

  /** Starts the clock for what is flushed now; the callback, for the end of its last write, stops it or starts it for the next. */
  #watchCommands(commandsMs: number): () => void {
    if (this.#untaken++ === 0) this.#watch.block(commandsMs)
    return () => {
      this.#untaken--
      if (this.#failure || this.#stopBlock) return
      this.#watch.block((this.#untaken > 0 && this.#terms.commandsMs) || Infinity)
    }
  }

  /** Something passed, or waits for nothing but its pace: the server has not left it lying. */
  readonly #onMoved = (): void => {
    const { blockMs, commandsMs = Infinity, silentMs } = this.#terms
    if (this.#stopBlock) this.#watch.block(blockMs)
    else if (this.#untaken > 0) this.#watch.block(commandsMs)
    // QUIT has a time of its own
    if (silentMs !== undefined && this.#watch.forReply && this.#expected.first !== 'quit') this.#watchReply()
  }

  readonly #onDue = (what: 'reply' | 'block', limitMs: number): void => {
    const { phase } = this
    const octet = this.#terms.silentMs === undefined || phase === 'quit' ? undefined : 'octet'
    if (what === 'reply') this.fail(timedOut(phase, limitMs, octet))
    else if (this.#stopBlock) this.fail(timedOut('content', limitMs, octet))
    else this.fail(timedOut(phase, limitMs, 'progress'))
  }
}
