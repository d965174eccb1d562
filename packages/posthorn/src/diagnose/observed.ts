import type { Reply } from '@posthorn/ground'
import { Extensions, type TrailEvent } from '@posthorn/smtp'

/** What the trail of one session showed. */
export class Observed {
  addresses: readonly string[] | undefined
  proxy: string | undefined
  address: string | undefined
  tls: (TrailEvent & { type: 'tls' }) | undefined
  greeting: Reply | undefined
  /** The last answer to EHLO. */
  extensions: Extensions | undefined
  /** What the answer to EHLO in the clear said, line by line. */
  offers: readonly string[] = []
  startTls = false
  mechanism: string | undefined
  readonly notes: string[] = []

  /** An arrow function, to be handed to `on('trail')`. */
  readonly note = (event: TrailEvent): void => {
    switch (event.type) {
      case 'resolve':
        this.addresses = event.addresses
        break
      case 'proxy':
        this.proxy = event.proxy
        break
      case 'connect':
        this.address = event.address
        break
      case 'tls':
        if (event.to === 'server') this.tls = event
        break
      case 'note':
        this.notes.push(event.text)
        break
      case 'command':
        this.#command(event.line)
        break
      case 'reply':
        if (event.phase === 'greeting') this.greeting = event.reply
        if (event.phase === 'ehlo' && event.reply.code < 300) this.#ehlo(event.reply)
        break
      default:
        break
    }
  }

  #command(line: string): void {
    if (line === 'STARTTLS') this.startTls = true
    const mechanism = /^AUTH (\S+)/.exec(line)?.[1]
    if (mechanism !== undefined) this.mechanism = mechanism
  }

  #ehlo(reply: Reply): void {
    this.extensions = Extensions.fromReply(reply)
    if (!this.tls) this.offers = reply.lines.slice(1)
  }
}
