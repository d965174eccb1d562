import { Fifo } from './fifo.js'
import type { Job } from './job.js'
import type { Transaction } from './transaction.js'

/** Transactions that wait, in order. Those whose send has settled meanwhile are passed over. */
export class Queue {
  readonly #waiting = new Fifo<Transaction>()
  /** How many wait that have not settled. */
  live = 0

  /** How many wait, those included that have settled and will be passed over. */
  get length(): number {
    return this.#waiting.length
  }

  /** True when at least one send waits that has not settled. */
  get hasWork(): boolean {
    this.#skipSettled()
    return this.#waiting.length > 0
  }

  get last(): Transaction | undefined {
    return this.#waiting.last
  }

  push(transaction: Transaction): void {
    this.#waiting.push(transaction)
    this.#count(transaction)
  }

  unshift(transaction: Transaction): void {
    this.#waiting.unshift(transaction)
    this.#count(transaction)
  }

  shift(): Transaction | undefined {
    this.#skipSettled()
    const transaction = this.#waiting.shift()
    if (transaction) {
      this.live--
      transaction.job.queued--
    }
    return transaction
  }

  /** A send has settled: what waits of it does not count any more. */
  forget(job: Job): void {
    this.live -= job.queued
    job.queued = 0
  }

  #count({ job }: Transaction): void {
    if (job.settled) return
    this.live++
    job.queued++
  }

  #skipSettled(): void {
    while (this.#waiting.first?.job.settled) this.#waiting.shift()
  }
}
