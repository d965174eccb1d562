import { type Comment, type EmptyLine, type Pair, parseLines } from 'dot-properties'
import type { ImportSource } from '../import.js'
import { bounded, malformed } from '../report.js'
import type { JavaMailEntry } from './javamail-properties.js'
import { shownName } from './property-names.js'

/** The most entries of one file. */
export const MAX_PROPERTIES = 5000

/**
 * The entries of a `.properties` file in their order, with their lines (java.util.Properties.load).
 * @throws {SettingsError} `import.format` for a text beyond the limits
 */
export function readProperties({ text, name }: ImportSource): JavaMailEntry[] {
  const entry = name ?? 'the properties'
  const content = bounded(text, entry)
  const entries: JavaMailEntry[] = []
  let [line, counted] = [1, 0]
  for (const node of parseLines(content, true) as readonly (Comment | EmptyLine | Pair)[]) {
    if (node.type !== 'PAIR') continue
    if (entries.length === MAX_PROPERTIES) {
      throw malformed(entry, `has more than ${MAX_PROPERTIES} entries`, 'Import the mail settings alone.')
    }
    const [start] = node.range!
    line += lineEnds(content.slice(counted, start))
    counted = start
    entries.push({ name: node.key, value: node.value, place: { entry: shownName(node.key), line } })
  }
  return entries
}

const lineEnds = (text: string) => text.match(/\r\n?|\n/g)?.length ?? 0
