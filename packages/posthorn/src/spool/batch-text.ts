const CR = 13
const LF = 10
const DOT = 46

/**
 * Takes the text behind a DATA line apart, block by block: doubled dots are made single, and the lone dot ends it (RFC 2442, RFC 5321 4.5.2).
 * Lines end as the DATA line did, and in no other way, so that nothing else can be taken for the end.
 */
export class BatchText {
  /** Octets read up to the end of the line with the lone dot; undefined while it has not come. */
  endsAt: number | undefined
  readonly #crlf: boolean
  #read = 0
  #atStart = true
  /** What stands in front of the next octet and is not decided: `.`, or `.` and CR. */
  #held: '' | '.' | '.\r' = ''
  #last = 0

  constructor(crlf: boolean) {
    this.#crlf = crlf
  }

  /** The octets of the message in this block. */
  push(block: Uint8Array): Uint8Array {
    const out = Buffer.allocUnsafe(block.length + 2)
    let length = 0
    for (const octet of block) {
      if (this.endsAt !== undefined) break
      this.#read++
      if (this.#held === '' && this.#atStart && octet === DOT) {
        this.#held = '.'
        this.#atStart = false
        continue
      }
      if (this.#held === '.' && octet === (this.#crlf ? CR : LF)) {
        if (this.#crlf) {
          this.#held = '.\r'
          continue
        }
        this.endsAt = this.#read
        break
      }
      if (this.#held === '.\r') {
        if (octet === LF) {
          this.endsAt = this.#read
          break
        }
        out[length++] = CR
        this.#last = CR
      }
      this.#held = ''
      out[length++] = octet
      this.#atStart = octet === LF && (!this.#crlf || this.#last === CR)
      this.#last = octet
    }
    return out.subarray(0, length)
  }
}
