import { unstructuredField } from '@posthorn/mime'
import type { FieldStyle } from '@posthorn/mime/header'
import { invalidArgument } from '../ipworks-error.js'

/** What `OtherHeaders` says. */
export interface OtherHeaders {
  /** True: it is the whole header section, and no field is computed. */
  readonly replacesAll: boolean
  /** Its fields as they go out, each with CRLF. */
  readonly section: string
  /** The names of its fields, in lower case. */
  readonly names: readonly string[]
}

/** RFC 5322 2.2; at most as long as a name of mime may be. */
const NAME = /^[!-9;-~]{1,70}(?=:)/
/** What could end a line here or in another reader, but for the tab. */
const HOSTILE = /[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/u
const BLANK = /^[ \t]*$/
const NONE: OtherHeaders = { replacesAll: false, section: '', names: [] }

/**
 * Reads the fields of the caller's own. A line that is neither a field nor the rest of one is refused, and so is a blank one behind the
 * start, which would end the header section: nothing of it ever becomes part of the body or of another field. ASCII goes as it stands. A
 * field that holds other characters would need SMTPUTF8; it is written anew as unstructured text, with encoded-words (RFC 2047). Those of
 * Content- fields cannot be written so, and are refused.
 * @throws {IPWorksError} 10022 naming the line
 * @source rows ipworks.prop.OtherHeaders, ipworks.behaviour.header-override
 */
export function otherHeaders(given: string, style: FieldStyle): OtherHeaders {
  if (given === '') return NONE
  if (last?.given !== given || last.style !== style) last = { given, style, read: read(given, style) }
  return last.read
}

/** Many messages have the same ones, one after the other. */
let last: { readonly given: string; readonly style: FieldStyle; readonly read: OtherHeaders } | undefined

function read(given: string, style: FieldStyle): OtherHeaders {
  const lines = given.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  const replacesAll = lines[0] === ''
  const names: string[] = []
  const fields: Field[] = []
  for (let at = replacesAll ? 1 : 0; at < lines.length; at++) {
    const line = lines[at]!
    if (HOSTILE.test(line)) throw refused(at, 'has a control character')
    if (BLANK.test(line)) throw refused(at, 'is blank, which would end the header section')
    const field = fields.at(-1)
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (!field) throw refused(at, 'begins with a blank, and there is no field before it')
      field.lines.push(line)
      continue
    }
    const name = NAME.exec(line)?.[0]
    if (name === undefined) throw refused(at, 'is no header field: a name, a colon and a value')
    names.push(name.toLowerCase())
    fields.push({ name, lines: [line], at })
  }
  return { replacesAll, section: fields.map((field) => written(field, style)).join(''), names }
}

interface Field {
  readonly name: string
  readonly lines: string[]
  /** The index of its first line. */
  readonly at: number
}

function written({ name, lines, at }: Field, style: FieldStyle): string {
  const text = lines.join('\r\n')
  if (!/[^\0-\x7f]/.test(text)) return `${text}\r\n`
  if (/^content-/i.test(name)) {
    throw refused(at, `must be ASCII: write a parameter such as a file name by RFC 2231, filename*=utf-8''%C3%BC.pdf`)
  }
  const value = lines
    .join('')
    .slice(name.length + 1)
    .replaceAll('\t', ' ')
  return unstructuredField(name, value.trim(), style)
}

function refused(at: number, problem: string) {
  return invalidArgument('OtherHeaders', `line ${at + 1} ${problem}`)
}
