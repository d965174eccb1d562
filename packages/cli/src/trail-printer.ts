import type { Reply, TrailEvent } from 'posthorn'
import { fold, sizeText, type Output, type Paint, type Style } from './output.js'
import { ProgressBar } from './progress-bar.js'

/** Content from this size on is worth a progress bar. */
const LARGE_OCTETS = 1024 * 1024
const INDENT = 13

/** What is shown: the dialogue and the progress of large content, or the progress alone. */
export interface TrailView {
  readonly dialogue: boolean
  readonly progress: boolean
}

/**
 * Prints the protocol trail as it happens: `C:` what we say, `S:` what the server says, `*` what happened. On a terminal large content
 * has a progress bar, elsewhere a line for each quarter.
 */
export class TrailPrinter {
  readonly #out: Output
  readonly #paint: Paint
  readonly #view: TrailView
  readonly #bar: ProgressBar
  #firstAt: number | undefined
  #firstSession: number | undefined
  #several = false
  #content: { readonly startedAt: number; quarter: number } | undefined

  constructor(out: Output, paint: Paint, view: TrailView) {
    this.#out = out
    this.#paint = paint
    this.#view = view
    this.#bar = new ProgressBar(out, paint)
  }

  /** Shows one event. An arrow function, to be handed to `on('trail')`. */
  readonly print = (event: TrailEvent): void => {
    this.#firstAt ??= event.at
    this.#firstSession ??= event.session
    if (event.session !== this.#firstSession) this.#several = true
    if (event.type === 'content') {
      this.#progress(event)
      return
    }
    this.#bar.clear()
    if (!this.#view.dialogue) return
    switch (event.type) {
      case 'resolve':
        return this.#line(event, '*', 'dim', `${event.host} is ${event.addresses.join(', ')}`)
      case 'proxy':
        return this.#line(event, '*', 'dim', `the proxy ${event.proxy} opened the way`)
      case 'connect':
        return this.#line(event, '*', 'dim', `connected to ${event.address} port ${event.port}`)
      case 'tls': {
        const trust = event.verified ? 'verified' : 'NOT VERIFIED'
        const style = event.verified ? 'magenta' : 'red'
        const whose = event.to === 'proxy' ? 'proxy: ' : ''
        return this.#line(event, '*', style, `${whose}${event.protocol}, ${event.cipher}, ${trust}: ${event.subject}`)
      }
      case 'command':
        return this.#line(event, 'C:', 'cyan', event.line)
      case 'reply':
        for (const [index, line] of replyLines(event.reply).entries()) {
          this.#line(event, 'S:', styleOf(event.reply), line, index > 0)
        }
        return
      case 'note':
        return this.#line(event, '*', 'dim', event.text)
      case 'close':
        return this.#line(event, '*', 'dim', `closed: ${event.reason}`)
    }
  }

  /** Takes the bar away when the send ended in the middle of content. */
  end(): void {
    this.#bar.clear()
  }

  #progress(event: TrailEvent & { readonly type: 'content' }): void {
    const { octets, totalOctets, done, at } = event
    this.#content ??= { startedAt: at, quarter: 0 }
    const large = (totalOctets ?? octets) >= LARGE_OCTETS
    if (large && this.#view.progress && totalOctets !== undefined) this.#bar.update(octets, totalOctets)
    if (!done) {
      if (!large || !this.#view.dialogue || this.#out.isTTY === true) return
      const quarter = Math.floor((event.percent ?? 0) / 25)
      if (quarter <= this.#content.quarter || quarter >= 4) return
      this.#content.quarter = quarter
      return this.#line(event, 'C:', 'dim', `(${quarter * 25} % of ${sizeText(totalOctets!)} of content)`)
    }
    const seconds = (at - this.#content.startedAt) / 1000
    this.#content = undefined
    this.#bar.clear()
    if (!this.#view.dialogue) return
    const speed = large && seconds > 0 ? ` in ${seconds.toFixed(1)} s, ${sizeText(octets / seconds)}/s` : ''
    this.#line(event, 'C:', 'dim', `(${sizeText(octets)} of content${speed})`)
  }

  #line({ at, session }: TrailEvent, mark: string, style: Style, text: string, continued = false): void {
    const time = continued ? ' '.repeat(8) : ((at - this.#firstAt!) / 1000).toFixed(3).padStart(8)
    const marked = this.#several ? `[${session}] ${text}` : text // only when there is more than one session to tell apart
    const [first = '', ...rest] = fold(marked, this.#narrowed(), 0).split('\n')
    this.#out.write(`${this.#paint('dim', time)}  ${this.#paint(style, `${mark.padEnd(3)}${first}`)}\n`)
    for (const more of rest) this.#out.write(`${' '.repeat(INDENT)}${this.#paint(style, more)}\n`)
  }

  /** The room beside time and mark. */
  #narrowed(): Output {
    return { isTTY: this.#out.isTTY, columns: (this.#out.columns ?? 80) - INDENT, write: () => {} }
  }
}

/** A reply as it stood on the wire. */
export function replyLines({ code, lines }: Reply): string[] {
  return lines.map((line, index) => `${code}${index < lines.length - 1 ? '-' : ' '}${line}`.trimEnd())
}

function styleOf({ code }: Reply): Style {
  return code < 400 ? 'green' : code < 500 ? 'yellow' : 'red'
}
