import type { Verdict } from '../import.js'
import { bounded, malformed } from '../report.js'
import { fieldOf, KEY_STORE, MAX_ENTRIES, type Registry } from './registry.js'

/**
 * A registry export of lines, with credentials in it or beside it:
 *
 * - `/configuration/mail/Server = smtp.example.com`; a blank or tab will do in place of `=`;
 * - `TLS.VerifyServerCertificateTrust = DontVerify`;
 * - a credential: the lines `Protocol`, `Virtual User`, `Endpoint`, `Real User`, `Password` with `=`, `:` or a blank, until an empty line or
 *   a field that is there already; `Certificate` may go over several lines, from BEGIN to END;
 * - `[System_Mail_Configure]` with `From` and `Server` below it;
 * - lines that begin with `#` or `;` say nothing.
 *
 * @throws {SettingsError} `import.format` for a text beyond the limits
 */
export function readLines(text: string, file: string | undefined, found: Registry): void {
  const lines = bounded(text, file ?? 'the registry export').split(/\r\n?|\n/)
  const reader = new LineReader(found, file)
  for (let index = 0; index < lines.length; index++) {
    index = reader.read(lines, index)
    if (found.entries.length + found.credentials.length + found.others.length > MAX_ENTRIES) {
      throw malformed(
        file ?? 'the registry export',
        `has more than ${MAX_ENTRIES} entries`,
        'Export /configuration/mail alone.',
      )
    }
  }
}

const TRUST = 'TLS.VerifyServerCertificateTrust'

class LineReader {
  readonly #found: Registry
  readonly #file: string | undefined
  #fields: Map<string, string> | undefined
  #configures = false

  constructor(found: Registry, file: string | undefined) {
    this.#found = found
    this.#file = file
  }

  /** Reads one entry and gives the last line of it. */
  read(lines: readonly string[], index: number): number {
    const line = lines[index]!.trim()
    const place = { line: index + 1, ...(this.#file === undefined ? {} : { file: this.#file }) }
    if (line === '') this.#fields = undefined
    if (line === '' || /^[#;]/.test(line)) return index
    if (line.startsWith('[')) {
      this.#fields = undefined
      this.#configures = /^\[\s?System_Mail_Configure\s?\]$/.test(line)
      return index
    }
    const [, name = '', value = ''] = /^(\S{1,500}?)(?:\s{0,50}=\s{0,50}|\s{1,50}|$)([^]*)$/.exec(line) ?? []
    if (name.startsWith('/')) {
      this.#fields = undefined
      this.#found.entries.push({ path: name.split('/').filter((part) => part !== ''), value, place })
    } else if (name === TRUST) this.#found.entries.push({ path: [name], value, place })
    else if (this.#configures && (name === 'From' || name === 'Server')) {
      this.#found.entries.push({ path: ['configuration', 'mail', name], value, place })
    } else if (!this.#field(line, place)) {
      this.#found.others.push({ place: { entry: 'a line', ...place }, ...otherLine(name, line) })
    } else if (line.includes(BEGIN)) return this.#certificate(lines, index)
    return index
  }

  #field(line: string, place: { readonly line: number }): boolean {
    const [, name = '', value = ''] = FIELD.exec(line) ?? []
    const field = fieldOf(name)
    if (field === undefined) return false
    if (!this.#fields || this.#fields.has(field)) {
      this.#fields = new Map()
      this.#found.credentials.push({ fields: this.#fields, place })
    }
    this.#fields.set(field, value.trim())
    return true
  }

  /** The rest of a certificate that goes over several lines. */
  #certificate(lines: readonly string[], start: number): number {
    let end = start
    while (end < lines.length - 1 && !lines[end]!.includes(END) && end - start < 500) end++
    const [first, ...rest] = lines.slice(start, end + 1)
    this.#fields!.set(
      'certificate',
      [first!.slice(first!.indexOf(BEGIN)), ...rest].map((line) => line.trim()).join('\n'),
    )
    return end
  }
}

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'
const FIELD =
  /^(Protocol|Virtual[ _]?User|Endpoint|Real[ _]?User|Password|Certificate|Type)(?:\s{0,50}[=:]|\s|$)([^]*)$/i

/** What a line says that is neither an entry nor a field. */
function otherLine(name: string, line: string): { readonly verdict: Verdict; readonly note: string } {
  if (name.startsWith('javax.net.ssl.')) return { verdict: 'lost', note: KEY_STORE }
  // the headings of the tables in the manual of the product
  if (/^(?:Registry Key Value|Field Value)$/.test(line)) return { verdict: 'ignored', note: 'is a heading' }
  return { verdict: 'unknown', note: 'is neither an entry of the registry nor a field of a credential' }
}
