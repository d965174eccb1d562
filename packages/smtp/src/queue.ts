import type { Transaction } from './transaction.js'

/** Transactions that wait, in order. Adding and taking cost the same however many wait; those whose send has settled are passed over. */
export class Queue {
  #items: (Transaction | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  /** True when at least one send waits that has not settled. */
  get hasWork(): boolean {
    this.#skipSettled()
    return this.length > 0
  }

  get last(): Transaction | undefined {
    return this.#items[this.#items.length - 1]
  }

  push(transaction: Transaction): void {
    this.#items.push(transaction)
  }

  unshift(transaction: Transaction): void {
    if (this.#head > 0) this.#items[--this.#head] = transaction
    else this.#items.unshift(transaction)
  }

  shift(): Transaction | undefined {
    this.#skipSettled()
    if (this.length === 0) return undefined
    const transaction = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return transaction
  }

  #skipSettled(): void {
    while (this.#head < this.#items.length && this.#items[this.#head]!.job.settled)
      this.#items[this.#head++] = undefined
    if (this.#head > 0 && this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    }
  }
}
