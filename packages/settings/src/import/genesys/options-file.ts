import type { GenesysExport } from './applications.js'
import type { GenesysOption } from './section.js'

/**
 * An options file: `[section]`, `option = value`, comments behind `#` or `;` at the beginning of a line. The value is everything behind the
 * first `=`, without the blanks around it. A section that comes a second time begins the next Application.
 */
export function applicationsFromLines(text: string): GenesysExport {
  const applications: Section[][] = [[]]
  let names = new Set<string>()
  const unread: number[] = []
  let section: Section | undefined
  for (const [index, whole] of text.split(/\r\n|\n|\r/).entries()) {
    const line = index + 1
    const written = whole.trim()
    if (written === '' || written.startsWith('#') || written.startsWith(';')) continue
    if (written.startsWith('[') && written.endsWith(']')) {
      section = { name: written.slice(1, -1).trim(), line, options: [] }
      const name = section.name.toLowerCase()
      if (names.has(name)) {
        applications.push([])
        names = new Set()
      }
      names.add(name)
      applications.at(-1)!.push(section)
      continue
    }
    const equals = written.indexOf('=')
    if (equals <= 0 || !section) unread.push(line)
    else section.options.push({ name: written.slice(0, equals).trim(), value: written.slice(equals + 1).trim(), line })
  }
  return { applications: applications.map((sections) => ({ sections })), unread }
}

interface Section {
  readonly name: string
  readonly line: number
  readonly options: GenesysOption[]
}
