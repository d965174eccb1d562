import type { Mailer } from 'posthorn'
import { fold, paintFor } from './output.js'

/** Prints what is unsafe or unwise in a way out, each thing once. */
export function tellWarnings(mailer: Pick<Mailer, 'on'>): void {
  const told = new Set<string>()
  mailer.on('warning', ({ path, message, hint }) => {
    const text = `${path} ${message}. ${hint}`
    if (told.has(text)) return
    told.add(text)
    process.stderr.write(`${paintFor(process.stderr)('yellow', fold(`warning: ${text}`, process.stderr, 2))}\n`)
  })
}
