import Papa from 'papaparse'
import { malformed } from '../report.js'
import type { FieldEntry, ProfileRecord, Records } from './entries.js'
import { fieldAt, pathIn, plainName } from './fields.js'

/** More are no profiles. */
const MAX_ROWS = 50_000

/** A row, and where it begins. */
interface Row {
  readonly cells: readonly string[]
  readonly line: number
}

/**
 * One row for each profile below a row of field names, or lines `Field,Value` (or `Tab,Field,Value`), where another ProfileName begins the
 * next profile. Between the cells there are commas, semicolons or tabs.
 * @throws {SettingsError} `import.format`, without any of the text
 */
export function recordsFromCsv(text: string, entry: string): Records {
  const { rows, delimiter } = rowsOf(text, entry)
  const [first] = rows
  if (!first) throw malformed(entry, 'is empty', HELP)
  const titles = first.cells.map((cell) => plainName(cell))
  const isList = titles.length <= 3 && titles.at(-1) === 'value' && LIST_TITLES.has(titles.at(-2) ?? '')
  if (isList) return { profiles: fromLines(rows.slice(1), delimiter), ordered: true }
  const known = first.cells.filter((cell) => fieldAt(pathIn(cell)) !== undefined).length
  if (known >= 2 && known * 2 >= first.cells.length)
    return { profiles: fromRows(first, rows.slice(1), entry), ordered: true }
  const fieldColumn = rows.filter(({ cells }) => fieldAt(pathOf(cells)) !== undefined).length
  if (fieldColumn >= 2 || (rows.length === 1 && fieldColumn === 1))
    return { profiles: fromLines(rows, delimiter), ordered: true }
  throw malformed(entry, 'has no row of field names and no lines of a field and its value', HELP)
}

const HELP = 'Begin with a row such as ProfileName,ServerName,Port, or write lines such as ServerName,smtp.example.com.'
const LIST_TITLES = new Set(['field', 'setting', 'name', 'option'])

function rowsOf(text: string, entry: string): { rows: Row[]; delimiter: string } {
  const lines = text.replace(/\r\n?/g, '\n')
  const delimiter = delimiterOf(lines)
  const { data, errors } = Papa.parse<string[]>(lines, {
    delimiter,
    newline: '\n',
    header: false,
    preview: MAX_ROWS + 1,
  })
  if (errors.some(({ type }) => type === 'Quotes'))
    throw malformed(entry, 'has a quote that does not end, or text beside one', 'Double the quotes inside of quotes.')
  if (data.length > MAX_ROWS)
    throw malformed(entry, `has more than ${MAX_ROWS} lines`, 'Import fewer profiles at a time.')
  const rows: Row[] = []
  let line = 1
  for (const cells of data) {
    if (cells.some((cell) => cell.trim() !== '')) rows.push({ cells, line })
    line += cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 1)
  }
  return { rows, delimiter }
}

/** What stands most often between the cells of the first line. */
function delimiterOf(text: string): string {
  const first = /^\s*([^\n]{1,10000})/.exec(text)?.[1] ?? ''
  const bare = first.replace(/"[^"]*"/g, '')
  const counts = [',', ';', '\t'].map((sign) => [sign, bare.split(sign).length] as const)
  return counts.reduce((best, each) => (each[1] > best[1] ? each : best))[0]
}

/** A row of one cell has other signs between its cells than the first line: all of it would be the name of a profile. */
function fromRows(titles: Row, rows: readonly Row[], entry: string): ProfileRecord[] {
  const short = rows.find(({ cells }) => cells.length < 2)
  if (short)
    throw malformed(
      entry,
      `has one cell in line ${short.line}, below a line of field names`,
      'Put the same sign between all cells: a comma, a semicolon or a tab.',
    )
  return rows.map(({ cells, line }) => ({
    entries: cells.flatMap((text, index): FieldEntry[] => {
      const title = titles.cells[index] ?? ''
      if (title.trim() === '' && text.trim() === '') return []
      return [{ path: pathIn(title), text, line }]
    }),
  }))
}

function fromLines(rows: readonly Row[], delimiter: string): ProfileRecord[] {
  const profiles: FieldEntry[][] = []
  for (const { cells, line } of rows) {
    const path = pathOf(cells)
    if (profiles.length === 0 || (fieldAt(path) === 'ProfileName' && hasName(profiles.at(-1)!))) profiles.push([])
    // a comma in a value that nobody put into quotes; empty cells at the end are those of a spreadsheet
    const value = cells.slice(isTabbed(cells) ? 2 : 1, cells.findLastIndex((cell) => cell !== '') + 1)
    profiles.at(-1)!.push({ path, text: value.join(delimiter), line })
  }
  return profiles.map((entries) => ({ entries }))
}

const hasName = (entries: readonly FieldEntry[]) => entries.some(({ path }) => fieldAt(path) === 'ProfileName')

/** `Firewall,Port,1080` has the tab in a cell of its own. */
const isTabbed = (cells: readonly string[]) => cells.length >= 3 && fieldAt(cells.slice(0, 2)) !== undefined

const pathOf = (cells: readonly string[]) => (isTabbed(cells) ? cells.slice(0, 2) : pathIn(cells[0] ?? ''))
