import type { Socket } from 'node:net'
import type { SinkMessage } from './ledger.js'
import type { Fault } from './options.js'

/** Collects the replies of one session, writes them, and marks the messages whose final reply has been handed to the socket. */
export class ReplyWriter {
  /** Goes on to the TLS socket after STARTTLS. */
  socket: Socket
  #fault: Fault | undefined
  #coalesce: boolean
  #text = ''
  #marks: { readonly message: SinkMessage; readonly last: boolean }[] = []
  #count = 0

  constructor(socket: Socket, fault: Fault | undefined, coalesce: boolean) {
    this.socket = socket
    this.#fault = fault
    this.#coalesce = coalesce
  }

  /**
   * Adds a reply. False when the connection is to be cut inside it.
   * @param message the one it is the final reply of; `last` unless more will follow for it
   */
  add(reply: string, message?: SinkMessage, last = true): boolean {
    const line = `${reply}\r\n`
    const { at, index, octets } = this.#fault?.at === 'reply' ? this.#fault : { at: '', index: 0, octets: 0 }
    if (at === 'reply' && index === this.#count) {
      this.#text += line.slice(0, octets)
      if (octets >= line.length && message !== undefined) this.#marks.push({ message, last })
      return false
    }
    this.#count++
    this.#text += line
    if (message !== undefined) this.#marks.push({ message, last })
    if (!this.#coalesce) this.flush()
    return true
  }

  /** Writes what has been collected. False when the socket wants to be left alone until `drain`. */
  flush(): boolean {
    const text = this.#text
    const marks = this.#marks
    if (text === '') return true
    this.#text = ''
    this.#marks = []
    if (!this.socket.writable) return true
    const goOn = this.socket.write(text)
    for (const { message, last } of marks) {
      message.replies++
      message.replied = last
      message.repliedAt = performance.now()
    }
    return goOn
  }
}
