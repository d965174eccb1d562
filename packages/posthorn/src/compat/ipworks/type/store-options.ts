import { invalidArgument } from '../ipworks-error.js'
import { flag, nameIn, text, type Row } from '../table/row.js'

/** What the last argument of a constructor of Certificate says. */
export interface StoreOptions {
  readonly thumbprint: string | undefined
  readonly engine: string | undefined
}

const windows = { change: 'never', to: 'nothing' } as const

const OPTIONS = {
  PersistPFXKey: flag(true, { ...windows, says: 'Of the CryptoAPI of Windows.' }),
  PKCS11Engine: text('', { change: 'connect', says: 'The engine of OpenSSL that reaches a token.', to: '`engine`' }),
  Thumbprint: text('', {
    change: 'connect',
    says: 'Of the certificate to choose: MD5, SHA-1 or SHA-256.',
    to: '`subject`',
  }),
  UseInternalSecurityAPI: flag(false, { ...windows, says: 'There is one.' }),
} as const satisfies Readonly<Record<string, Row<string> | Row<boolean>>>

type OptionName = keyof typeof OPTIONS
const NAMES = new Map(Object.keys(OPTIONS).map((name) => [name.toLowerCase(), name as OptionName]))

/**
 * Reads lines of `Name=value`, the names without regard to case. [ipworks.type.Certificate.ctor.5]
 * @throws {IPWorksError} 10022 for a name that is none, and a value that cannot be
 */
export function storeOptions(configuration: string): StoreOptions {
  const found = new Map<OptionName, string>()
  if (typeof configuration !== 'string') throw invalidArgument('ConfigurationString', 'must be a string')
  for (const line of configuration.split(/\r\n|\r|\n/)) {
    if (line.trim() === '') continue
    const equals = line.indexOf('=')
    if (equals < 0) throw invalidArgument('ConfigurationString', 'must have lines of Name=value')
    const name = nameIn(NAMES, line.slice(0, equals))
    const value = line.slice(equals + 1).trim()
    OPTIONS[name].parse(value, name)
    found.set(name, value)
  }
  return { thumbprint: found.get('Thumbprint'), engine: found.get('PKCS11Engine') }
}
