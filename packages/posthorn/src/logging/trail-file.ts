import type { TrailEvent } from '@posthorn/smtp'
import type { LogFile } from './log-file.js'
import { printable } from './printable.js'
import { trailLines } from './trail-text.js'

/** A line of an EHLO reply or a command is not longer; what is goes on as `... (n more)`. */
const MAX_LINE = 2000

/** The whole protocol trail as text: time, session, who said it, and what. Nothing in it can end a line or move a cursor. */
export class TrailFile {
  readonly #file: LogFile
  readonly #hide: (text: string) => string

  constructor(file: LogFile, hide: (text: string) => string) {
    this.#file = file
    this.#hide = hide
  }

  /** @param session by what name it is written down */
  write(event: TrailEvent, session: string): void {
    const time = new Date(event.at).toISOString()
    for (const line of trailLines(event)) {
      this.#file.write(`${time} ${session} ${printable(this.#hide(line), MAX_LINE)}`)
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
