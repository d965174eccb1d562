/** What a timer can wait; one tick more and it would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * The clock of one connection: when the next reply is due, and when the other side must have taken a block of content. One timer serves
 * both. It is moved only to an earlier time; when it fires too early it is set again, so that a busy session hardly touches it.
 */
export class Watch {
  readonly #onDue: (what: 'reply' | 'block') => void
  #timer: NodeJS.Timeout | undefined
  #armedFor = Infinity
  #replyDueAt = Infinity
  #blockDueAt = Infinity

  /** @param onDue called once for what is late; times are those of `performance.now()` */
  constructor(onDue: (what: 'reply' | 'block') => void) {
    this.#onDue = onDue
  }

  /** True while a reply is waited for. */
  get forReply(): boolean {
    return this.#replyDueAt !== Infinity
  }

  /** A reply is due then; Infinity: none is waited for. */
  reply(dueAt: number): void {
    this.#replyDueAt = dueAt
    this.#arm()
  }

  /** A block is to be taken by then; Infinity: it was. */
  block(dueAt: number): void {
    this.#blockDueAt = dueAt
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
    else this.#onDue(this.#blockDueAt <= this.#replyDueAt ? 'block' : 'reply')
  }
}
