import type { Edit } from './recode-plan.js'
import type { Rewriter } from './rewriter.js'
import { rewriterFor } from './rewriting.js'

/** Applies edits to octets that come in blocks of any size; what no edit touches goes through as it is, not copied. */
export class Edited {
  readonly #edits: readonly Edit[]
  #next = 0
  #at = 0
  #rewriter: Rewriter | undefined

  /** @param edits in the order of their offsets, none over another */
  constructor(edits: readonly Edit[]) {
    this.#edits = edits
  }

  /** What it gives is to be used up before going on. */
  *push(block: Uint8Array): Generator<Uint8Array, void, undefined> {
    const start = this.#at
    const end = start + block.length
    for (;;) {
      const edit = this.#edits[this.#next]
      if (!edit || edit.from >= end) break
      if (this.#at < edit.from) yield block.subarray(this.#at - start, edit.from - start)
      if (this.#at <= edit.from) {
        this.#at = edit.from
        if (edit.put) yield Buffer.from(edit.put, 'latin1')
        this.#rewriter = edit.as && rewriterFor(edit)
      }
      const to = Math.min(edit.to, end)
      if (this.#rewriter && to > this.#at) yield* this.#rewriter.push(block.subarray(this.#at - start, to - start))
      this.#at = to
      if (to < edit.to) return
      if (this.#rewriter) yield* this.#rewriter.end()
      this.#rewriter = undefined
      this.#next++
    }
    if (this.#at < end) yield block.subarray(this.#at - start)
    this.#at = end
  }
}
