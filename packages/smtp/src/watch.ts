/** What a timer can wait; one tick more and it would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * The clock of one connection: when the next reply is due, and when the other side must have taken a block of content. One timer serves
 * both. It is moved only to an earlier time; when it fires too early it is set again, so that a busy session hardly touches it.
 */
export class Watch {
  readonly #onDue: (what: 'reply' | 'block', limitMs: number) => void
  #timer: NodeJS.Timeout | undefined
  #armedFor = Infinity
  #replyDueAt = Infinity
  #replyMs = Infinity
  #blockDueAt = Infinity
  #blockMs = Infinity

  /** @param onDue called once for what is late, with the time it was given */
  constructor(onDue: (what: 'reply' | 'block', limitMs: number) => void) {
    this.#onDue = onDue
  }

  /** True while a reply is waited for. */
  get forReply(): boolean {
    return this.#replyDueAt !== Infinity
  }

  /** A reply is due by then, counted from now; Infinity: none is waited for. */
  reply(limitMs: number): void {
    this.#replyDueAt = performance.now() + limitMs
    this.#replyMs = limitMs
    this.#arm()
  }

  /** A block is to be taken by then, counted from now; Infinity: it was. */
  block(limitMs: number): void {
    this.#blockDueAt = performance.now() + limitMs
    this.#blockMs = limitMs
    this.#arm()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#replyDueAt = this.#blockDueAt = Infinity
  }

  #arm(): void {
    const due = Math.min(this.#replyDueAt, this.#blockDueAt)
    if (due >= this.#armedFor) return
    clearTimeout(this.#timer)
    this.#armedFor = due
    // the socket, not the timer, keeps the process alive while there is something to wait for
    const inMs = Math.ceil(due - performance.now())
    this.#timer = setTimeout(this.#fired, Math.min(Math.max(1, inMs), MAX_TIMER_MS)).unref()
  }

  readonly #fired = (): void => {
    this.#armedFor = Infinity
    const due = Math.min(this.#replyDueAt, this.#blockDueAt)
    if (due > performance.now()) this.#arm()
    else if (this.#blockDueAt <= this.#replyDueAt) this.#onDue('block', this.#blockMs)
    else this.#onDue('reply', this.#replyMs)
  }
}
