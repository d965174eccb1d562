import type { Reply } from '@posthorn/ground'
import type { TrailEvent } from '@posthorn/smtp'
import type { EventQueue } from './event-queue.js'
import { replyLines } from './reply-lines.js'
import { noteInWordsOfTheClass } from './table/engine-words.js'
import type { ComponentEvents } from './table/events.js'

/** Tells the events of one connection as the class tells them. */
export class TrailEvents {
  readonly #events: EventQueue<ComponentEvents>
  readonly #maxLineLength: () => number
  #proxied = false
  #secure = false
  #connected = false
  /** TLS is spoken from the first octet on. */
  beginsWithTls = false

  /** @param maxLineLength the size of the pieces in which a longer line of a reply is told */
  constructor(events: EventQueue<ComponentEvents>, maxLineLength: () => number) {
    this.#events = events
    this.#maxLineLength = maxLineLength
  }

  tell(event: TrailEvent): void {
    switch (event.type) {
      case 'resolve':
        return this.note(`${event.host} is ${event.addresses.join(', ')}`)
      case 'proxy':
        this.#proxied = true
        return this.#status('Firewall Connect')
      case 'connect':
        this.#connected = true
        this.#status('Connected')
        return this.beginsWithTls ? this.#tlsBegins() : undefined
      case 'tls':
        return this.#tls(event)
      case 'note':
        return this.note(noteInWordsOfTheClass(event.text))
      case 'command':
        return this.#events.fire('PITrail', { direction: 0, message: event.line })
      case 'reply':
        this.#reply(event.reply)
        return event.phase === 'starttls' && event.reply.code === 220 ? this.#tlsBegins() : undefined
    }
  }

  /** Something worth knowing that nobody said on the wire. */
  note(message: string): void {
    this.#events.fire('PITrail', { direction: 2, message })
  }

  /** The connection has ended. @param failure its number and text, when it was not asked to */
  ended(failure?: { readonly code: number; readonly message: string }): void {
    if (!this.#connected) return
    this.#connected = false
    const statusCode = failure?.code ?? 0
    const description = failure?.message ?? 'OK'
    if (this.#secure && failure)
      this.#events.fire('ConnectionStatus', { connectionEvent: 'SSL Broken', statusCode, description })
    this.#events.fire('ConnectionStatus', { connectionEvent: 'Disconnected', statusCode, description })
    if (this.#proxied) this.#status('Firewall Disconnect')
  }

  #status(connectionEvent: ComponentEvents['ConnectionStatus']['connectionEvent']): void {
    this.#events.fire('ConnectionStatus', { connectionEvent, statusCode: 0, description: 'OK' })
  }

  #tlsBegins(): void {
    this.#events.fire('SSLStatus', { message: 'TLS: handshake begins' })
  }

  #tls(event: TrailEvent & { readonly type: 'tls' }): void {
    const to = event.to === 'proxy' ? ' to the proxy' : ''
    const { protocol, cipher, strengthBits, keyExchange, resumed } = event
    const facts = [protocol, cipher, `${strengthBits} bits`, keyExchange, ...(resumed ? ['resumed'] : [])]
    const message = `TLS${to}: ${facts.filter((fact) => fact !== '').join(', ')}`
    this.#events.fire('SSLStatus', { message })
    this.#events.fire('SSLStatus', { message: `TLS${to}: handshake done` })
    this.note(message)
    if (event.to === 'proxy') return
    this.#secure = true
    this.#status('SSL Connect')
  }

  #reply(reply: Reply): void {
    if (!this.#events.has('PITrail')) return
    const limit = this.#maxLineLength()
    for (const line of replyLines(reply)) {
      for (let from = 0; from === 0 || from < line.length; from += limit)
        this.#events.fire('PITrail', { direction: 1, message: line.slice(from, from + limit) })
    }
  }
}
