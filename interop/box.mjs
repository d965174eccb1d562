// A Maildir that belongs to one case, and what Postfix put into it.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MARKER } from './letter.mjs'

export class Box {
  #number
  #maildirs

  constructor(number, maildirs) {
    this.#number = number
    this.#maildirs = maildirs
  }

  /** A mailbox whose mail arrives here. */
  at(localPart) {
    return `${localPart}@box${this.#number}.example`
  }

  /**
   * Everything that arrived. `recipient`: to whom. `front`: the header fields Postfix put on top. `marker` and `stored`: the marker of
   * the letter, and its octets from the marker on, with LF. A notification made by Postfix has neither, and `text` only.
   */
  async arrived() {
    const folder = join(this.#maildirs, `box${this.#number}`, 'new')
    const names = await readdir(folder).catch((error) => {
      if (error.code === 'ENOENT') return [] // made by the first mail
      throw error
    })
    return Promise.all(names.map(async (name) => read(await readFile(join(folder, name)))))
  }
}

function read(octets) {
  const header = octets.subarray(0, Math.max(0, octets.indexOf('\n\n')))
  const at = header.indexOf(`\n${MARKER}: `) + 1
  const front = (at > 0 ? header.subarray(0, at) : header).toString('utf8')
  const recipient = /^Delivered-To: (.*)$/m.exec(front)?.[1]
  if (at === 0) return { recipient, front, text: octets.toString('utf8') }
  const stored = octets.subarray(at)
  return { recipient, front, stored, marker: stored.toString('latin1', MARKER.length + 2, stored.indexOf(10)) }
}
