import { Duplex, type Readable, type Writable } from 'node:stream'

/**
 * Standard input and output as the one socket that an SMTP server wants to talk over. When the input has ended and everything in it was
 * read, `answered` resolves: whoever writes commands into a pipe and leaves gets the replies all the same.
 */
export class StandardStreams extends Duplex {
  /** What a server asks its sockets for. */
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort = 0
  readonly localAddress = '127.0.0.1'
  readonly localPort = 0
  readonly readyState = 'open'
  /** Resolves once the last of the input was read by whom this was piped to. */
  readonly answered: Promise<void>
  readonly #input: Readable
  readonly #output: Writable
  #read: () => void = () => {}
  #begun = false
  /** Until the greeting nothing else keeps the process alive. */
  readonly #alive = setInterval(() => {}, 60_000)

  constructor(input: Readable, output: Writable) {
    super()
    this.#input = input
    this.#output = output
    this.answered = new Promise((resolve) => (this.#read = resolve))
    input.once('error', (error) => this.destroy(error))
    output.once('error', (error) => this.destroy(error)) // who reads the replies is gone
    this.once('close', () => this.#read())
  }

  /** Whoever called us may take the time it needs. */
  setTimeout(): this {
    return this
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    destination.once('finish', () => this.#read())
    return super.pipe(destination, options)
  }

  /** Ends with what was written, and lets go. */
  async close(): Promise<void> {
    if (!this.destroyed) await new Promise<void>((resolve) => this.once('close', resolve).end(() => this.destroy()))
  }

  override _read(): void {
    if (this.#begun) this.#input.resume()
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#output.write(chunk, encoding, (error) => {
      done(error)
      if (!this.#begun) this.#begin()
    })
  }

  /** What stands in the pipe before the greeting is read behind it: the server takes who talks too soon for a spammer. */
  #begin(): void {
    this.#begun = true
    clearInterval(this.#alive)
    this.#input.on('data', (chunk: Buffer) => void (this.push(chunk) || this.#input.pause()))
    this.#input.once('end', () => this.push(null))
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearInterval(this.#alive)
    this.#input.pause()
    done(error)
  }
}
