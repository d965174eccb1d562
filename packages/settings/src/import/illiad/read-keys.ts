import Papa from 'papaparse'
import { looksLikeNames } from '../../looks-like-names.js'
import type { ReportLine } from '../import.js'
import { bounded, malformed } from '../report.js'
import { shownName } from '../shown-name.js'
import { ELEMENTS, isSiteCode, keyNamed, KEYS, USUAL_WORDS, type Entry, type KeyName } from './entries.js'

/** One row of the customization table, or one line. Its value may be empty. */
export interface KeyRow extends Entry {
  readonly name: KeyName
  /** NVTGC; empty when it is not said. */
  readonly site: string
}

/** No system has as many keys, nor as many sites. */
const MAX_ROWS = 100_000
const MAX_COLUMNS = 1000
const DELIMITERS = [',', ';', '\t', '|']
const COLUMNS = new Set(['custkey', 'value', 'nvtgc', 'description', 'admincat', 'adminkey', 'admintype'])

/** True when a text is an export of the customization table, or lines with its keys. */
export function looksLikeKeys(text: string): boolean {
  return (
    tableDelimiter(text) !== undefined ||
    /^[ \t]*EMail(?:SMTP(?:Server|Port)|Secure|From(?:Address|Name)|NoAccountAddress)[ \t]*=/im.test(text)
  )
}

/**
 * The mail keys of a customization table in CSV, or of lines `Key=Value` with comments (`#`, `;`) and, for sites, `[CODE]` above theirs.
 * Other keys are reported.
 * @throws {SettingsError} `import.format`
 */
export function readKeys(text: string, file: string | undefined, report: ReportLine[]): KeyRow[] {
  const lines = bounded(text, file ?? 'the keys').replace(/\r\n?/g, '\n')
  const reader = new KeyReader(file, report)
  const delimiter = tableDelimiter(lines)
  if (delimiter === undefined) reader.readLines(lines)
  else reader.readTable(lines, delimiter)
  return reader.rows
}

/** What the other columns say of a row. */
interface Row {
  readonly isMail: boolean
  /** Its category stands there, so that its name does, too: in a row that lacks a cell a piece of a password may stand in its place. */
  readonly isWhole: boolean
}

class KeyReader {
  readonly rows: KeyRow[] = []
  readonly #file: string | undefined
  readonly #report: ReportLine[]

  constructor(file: string | undefined, report: ReportLine[]) {
    this.#file = file
    this.#report = report
  }

  readTable(text: string, delimiter: string): void {
    const { data, errors } = Papa.parse<string[]>(text, { delimiter, newline: '\n', quoteChar: '"' })
    const lines = lineNumbers(data)
    const [broken] = errors
    if (broken) {
      throw malformed(
        'the customization table',
        `has a quote that is not closed or closed too early in or before line ${lines[broken.row ?? 0] ?? 1}`,
        QUOTES,
      )
    }
    this.#count(data.length)
    const head = data.findIndex((cells) => cells.some((cell) => cell.trim() !== ''))
    const columns = (data[head] ?? []).map(columnName)
    if (columns.length > MAX_COLUMNS) {
      throw malformed('the customization table', `has more than ${MAX_COLUMNS} columns`, EXPORT)
    }
    columns.forEach((column, index) => {
      if (COLUMNS.has(column) || column === '') return
      this.#unknown(data[head]![index]!.trim(), lines[head]!, 'the column has no meaning here')
    })
    const at = new Map([...columns.entries()].reverse().map(([index, column]) => [column, index])) // the first of two
    const cell = (cells: readonly string[], column: string) => cells[at.get(column) ?? -1] ?? ''
    for (const [index, cells] of data.entries()) {
      if (index <= head || cells.every((each) => each.trim() === '')) continue
      const line = lines[index]!
      const name = cell(cells, 'custkey').trim()
      const [category, group] = [cell(cells, 'admincat').trim(), cell(cells, 'adminkey').trim()]
      const row = { isMail: isMail(category, group), isWhole: category !== '' || group !== '' }
      this.#take(name, cell(cells, 'value'), cell(cells, 'nvtgc').trim(), line, row)
    }
  }

  readLines(text: string): void {
    const lines = text.split('\n')
    this.#count(lines.length)
    let site = ''
    let understood = lines.every((each) => /^(?:[#;]|$)/.test(each.trim()))
    for (const [index, each] of lines.entries()) {
      const said = each.trim()
      if (said === '' || said.startsWith('#') || said.startsWith(';')) continue
      const section = /^\[([^\]]*)\]$/.exec(said)
      if (section) {
        site = section[1]!.trim()
        continue
      }
      const equals = said.indexOf('=')
      if (equals < 0) {
        this.#report.push({
          verdict: 'unknown',
          entry: 'a line',
          line: index + 1,
          ...this.#where(),
          note: 'it has no =',
        })
        continue
      }
      understood = true
      const [name, value] = [said.slice(0, equals).trim(), said.slice(equals + 1).trim()]
      const inner = unquoted(value)
      this.#take(name, inner, site, index + 1, { isMail: true, isWhole: false })
      if (inner === value) continue
      const entry = shown(name).entry
      this.#report.push({
        verdict: 'changed',
        entry,
        line: index + 1,
        ...this.#where(),
        note: 'the quotes around it are taken off',
      })
    }
    if (!understood) {
      throw malformed(
        this.#file ?? 'the text',
        'is no customization table, no key=value lines and no MailSettings',
        EXPORT,
      )
    }
  }

  #take(spelled: string, value: string, site: string, line: number, row: Row): void {
    const name = keyNamed(spelled)
    if (name === undefined) {
      const entry = row.isWhole && NAME.test(spelled) ? spelled : shown(spelled).entry
      if (row.isMail)
        this.#report.push({ verdict: 'unknown', entry, line, ...this.#where(), note: shown(spelled).note })
      else
        this.#report.push({
          verdict: 'ignored',
          entry,
          line,
          ...this.#where(),
          note: 'it is no key of System | EMail',
        })
      return
    }
    if (site !== '' && !isSiteCode(site)) {
      throw malformed(
        'NVTGC',
        `is no code of a site (line ${line})`,
        'A code is letters, digits, - and _, such as ILL.',
      )
    }
    this.rows.push({ name, entry: spelled, value: value.trim() === '' ? '' : value, site, line, file: this.#file })
  }

  #unknown(spelled: string, line: number, note?: string): void {
    const { entry, note: unknown } = shown(spelled)
    this.#report.push({ verdict: 'unknown', entry, line, ...this.#where(), note: note ?? unknown })
  }

  #count(rows: number): void {
    if (rows > MAX_ROWS) throw malformed('the keys', `have more than ${MAX_ROWS} lines`, 'Export System | EMail alone.')
  }

  #where() {
    return this.#file === undefined ? {} : { file: this.#file }
  }
}

const QUOTES = 'Export the table again; a quote within a quoted value is doubled.'
const EXPORT =
  'Export System | EMail of the Customization Manager with the columns CustKey, Value and NVTGC, or write EMailSMTPServer=smtp.example.com and so on.'

const shown = (name: string) => shownName(name, KEYS, looksLikeKey)

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,60}$/
const looksLikeKey = looksLikeNames([...KEYS, ...ELEMENTS], USUAL_WORDS)

/** Without the columns nobody knows. */
const isMail = (category: string, group: string) =>
  (category === '' || /^system$/i.test(category)) && (group === '' || /^e-?mail$/i.test(group))

/** `Admin Type` and `ADMINTYPE` are one column. */
const columnName = (cell: string) => cell.replace(/[^A-Za-z0-9]/g, '').toLowerCase()

function tableDelimiter(text: string): string | undefined {
  const [head = ''] = text
    .slice(0, 10_000)
    .trimStart()
    .split(/[\r\n]/, 1) // a byte order mark is a blank
  return DELIMITERS.find((delimiter) => {
    const columns = head.split(delimiter).map(columnName)
    return columns.includes('custkey') && columns.includes('value')
  })
}

/** A value in double quotes is what stands between them, doubled ones being one. */
function unquoted(value: string): string {
  return /^".*"$/.test(value) && value.length > 1 ? value.slice(1, -1).replaceAll('""', '"') : value
}

/** Where each row begins: a quoted cell may have line ends in it. */
function lineNumbers(rows: readonly (readonly string[])[]): number[] {
  let line = 1
  return rows.map((cells) => {
    const begins = line
    line += 1 + cells.reduce((ends, cell) => ends + cell.split('\n').length - 1, 0)
    return begins
  })
}
