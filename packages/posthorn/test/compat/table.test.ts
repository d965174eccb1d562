import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CONFIG, ERRORS, EVENTS, METHODS, PROPERTIES, SMTP, type Row } from '../../src/compat/ipworks/index.js'

interface DocumentRow {
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly type: string
  readonly default: string | null
  readonly values?: readonly { readonly name: string; readonly number: number | null }[]
}

const path = new URL('../../../../parity/ipworks.json', import.meta.url)
const rows = JSON.parse(readFileSync(path, 'utf8')) as readonly DocumentRow[]
const ofKind = (kind: string) => rows.filter((row) => row.kind === kind)

/** The document's default as `config()` would print it, where it is a plain value. */
function documented({ default: text }: DocumentRow): string | undefined {
  if (text === null) return undefined
  if (text === '""') return ''
  const plain = /^(?:"(.*)"|(\w[\w,-]*)|(\d+) \(.*\))$/.exec(text)
  return plain ? (plain[1] ?? plain[2] ?? plain[3]) : undefined
}

describe('the tables hold what the document has', () => {
  test('every property, with its default and its values', () => {
    expect(Object.keys(PROPERTIES).sort()).toEqual(
      ofKind('property')
        .map(({ name }) => name)
        .sort(),
    )
    for (const row of ofKind('property')) check(row, PROPERTIES[row.name as keyof typeof PROPERTIES].row)
  })

  test('every property in the spelling of each edition', () => {
    const smtp = new SMTP()
    smtp.SSLStartMode = 2
    expect([smtp.sslStartMode, smtp.getSSLStartMode(), smtp.SSLEnabled, smtp.isSSLEnabled()]).toEqual([
      2,
      2,
      true,
      true,
    ])
    for (const name of Object.keys(PROPERTIES)) {
      for (const spelling of [name, name[0]!.toLowerCase() + name.slice(1)]) expect(spelling in smtp).toBe(true)
    }
  })

  test('every setting, with its default and its values', () => {
    expect(Object.keys(CONFIG).sort()).toEqual(
      ofKind('config')
        .map(({ name }) => name)
        .sort(),
    )
    for (const row of ofKind('config')) check(row, CONFIG[row.name as keyof typeof CONFIG].row)
  })

  test('every method', () => {
    const names = ofKind('method').filter(({ type }) => type !== 'constructor')
    expect(Object.keys(METHODS).sort()).toEqual(names.map(({ name }) => name).sort())
    const smtp = new SMTP() as unknown as Record<string, unknown>
    for (const { call } of Object.values(METHODS)) expect(smtp[call.slice(0, call.indexOf('('))]).toBeTypeOf('function')
  })

  test('every event with its fields', () => {
    expect(Object.keys(EVENTS).sort()).toEqual(
      ofKind('event')
        .map(({ name }) => name)
        .sort(),
    )
    for (const { id } of rows.filter((row) => row.kind === 'type-field' && row.id.startsWith('ipworks.event.'))) {
      const [, , event = '', field = ''] = id.split('.')
      expect(EVENTS[event as keyof typeof EVENTS].fields).toContain(field[0]!.toLowerCase() + field.slice(1))
    }
  })

  test('every error number', () => {
    const numbers = ofKind('error').map(({ id }) => id.slice('ipworks.error.'.length))
    expect(Object.keys(ERRORS).sort()).toEqual(numbers.sort())
  })
})

/** Defaults that the document tells as something else than a plain value, or not at all, are proven where the row is. */
function check(row: DocumentRow, ours: Row): void {
  const wanted = documented(row)
  if (wanted !== undefined && ours.type !== 'object' && !UNTOUCHED.has(row.id))
    expect([row.id, ours.print(ours.initial())]).toEqual([row.id, wanted])
  if (ours.values === undefined) return
  const numbers = (row.values ?? []).map(({ number }) => number).sort()
  expect([row.id, Object.values(ours.values).sort()]).toEqual([row.id, numbers])
}

/** Rows whose default says something about the machine or the system, or that win over the document by their own note. */
const UNTOUCHED: ReadonlySet<string> = new Set([
  'ipworks.config.SSLEnabledProtocols',
  'ipworks.config.Hello',
  'ipworks.config.KeepAliveInterval',
  'ipworks.config.KeepAliveTime',
  'ipworks.config.InBufferSize',
  'ipworks.config.OutBufferSize',
  'ipworks.config.TLS13SignatureAlgorithms',
  'ipworks.config.ConnectionTimeout',
  'ipworks.config.BuildInfo',
  'ipworks.config.LicenseInfo',
  'ipworks.prop.Idle',
])
