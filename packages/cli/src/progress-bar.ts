import { sizeText, speaksUtf8, type Output, type Paint } from './output.js'

const REDRAW_MS = 50

/** One line at the bottom of a terminal that shows how much content is out. Draws nothing anywhere else. */
export class ProgressBar {
  readonly #out: Output
  readonly #paint: Paint
  readonly #full = speaksUtf8() ? '━' : '='
  readonly #empty = speaksUtf8() ? '━' : '-'
  #startedAt = 0
  #drawnAt = 0
  #shown = false

  constructor(out: Output, paint: Paint) {
    this.#out = out
    this.#paint = paint
  }

  /** Draws the present state, at most 20 times a second. */
  update(octets: number, totalOctets: number): void {
    if (this.#out.isTTY !== true) return
    const now = performance.now()
    if (!this.#shown) this.#startedAt = now
    else if (now - this.#drawnAt < REDRAW_MS && octets < totalOctets) return
    this.#drawnAt = now
    this.#shown = true
    const share = totalOctets === 0 ? 1 : Math.min(1, octets / totalOctets)
    const seconds = (now - this.#startedAt) / 1000
    const speed = seconds > 0.1 ? `${sizeText(octets / seconds)}/s` : ''
    const numbers = `${sizeText(octets)} of ${sizeText(totalOctets)} ${`${Math.floor(share * 100)} %`.padStart(5)} ${speed.padStart(9)}`
    const width = Math.max(10, Math.min(40, (this.#out.columns ?? 80) - numbers.length - 12))
    const done = Math.round(share * width)
    const bar = this.#paint('cyan', this.#full.repeat(done)) + this.#paint('dim', this.#empty.repeat(width - done))
    this.#out.write(`\r\x1b[K  sending ${bar} ${numbers}`)
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (!this.#shown) return
    this.#shown = false
    this.#out.write('\r\x1b[K')
  }
}
