import type { Phase, Reply } from '@posthorn/ground'
import type { NetEvent } from '@posthorn/net'

/** One thing that happened on the wire. Content is counted, never shown; what stands for a secret is made together with the command. */
export type TrailFacts =
  | NetEvent
  | { readonly type: 'command'; readonly phase: Phase; readonly line: string }
  | { readonly type: 'reply'; readonly phase: Phase; readonly reply: Reply }
  | {
      readonly type: 'content'
      readonly octets: number
      readonly totalOctets?: number
      /** 0 to 100, when the size is known. */
      readonly percent?: number
      readonly done: boolean
    }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'close'; readonly reason: string }

/** The protocol trail as data: what happened, when, and on which session of the client. */
export type TrailEvent = TrailFacts & {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Counts the sessions of one client from 1. */
  readonly session: number
}

/** Where the sessions of one client report. `on` is false while nobody listens, so that nothing is made for nobody. */
export interface TrailHub {
  readonly on: boolean
  emit(event: TrailEvent): void
}

/** One session's end of the hub. */
export class Trail {
  readonly #hub: TrailHub
  readonly #session: number

  constructor(hub: TrailHub, session: number) {
    this.#hub = hub
    this.#session = session
  }

  get on(): boolean {
    return this.#hub.on
  }

  emit(facts: TrailFacts): void {
    if (this.#hub.on) this.#hub.emit({ ...facts, at: Date.now(), session: this.#session })
  }
}
