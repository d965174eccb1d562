import { malformed, type Place } from '../report.js'

/** A command as it is written. */
export interface Command {
  readonly argument: string
  readonly line: number
}

/** One account with all that counts for it, defaults and inherited commands included. */
export interface Account {
  readonly name: string
  readonly line: number
  readonly commands: ReadonlyMap<string, Command>
  /** The account it is another name for: it says nothing of its own. */
  readonly sameAs?: string | undefined
}

/** Something that belongs to no account. */
export interface Stray {
  readonly place: Place
  readonly command: string
  readonly verdict: 'ignored' | 'lost' | 'unknown'
  readonly note: string
}

export interface AccountFile {
  readonly accounts: readonly Account[]
  readonly strays: readonly Stray[]
}

const MAX_ACCOUNTS = 500
const MAX_LINES = 20_000
const MAX_PARENTS = 100

/**
 * Reads the accounts of msmtp: `defaults` count for what follows them, `account NAME : OTHER,...` begins with what the others have.
 * @param isKnown tells a command by its name; others are strays, so that the accounts stay small
 * @throws {SettingsError} `import.format` beyond the limits
 */
export function readAccounts(text: string, isKnown: (command: string) => boolean): AccountFile {
  const accounts = new Map<string, { line: number; commands: Map<string, Command>; sameAs?: string | undefined }>()
  const strays: Stray[] = []
  let defaults = new Map<string, Command>()
  let current: Map<string, Command> | undefined
  let account: string | undefined
  /** Commands that count for nobody yet: those of `defaults` until an account begins with them. */
  const unused = new Map<Command, string>()
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.length > MAX_LINES)
    throw malformed('msmtp', `has more than ${MAX_LINES} lines`, 'Import the accounts alone.')
  for (const [index, given] of lines.entries()) {
    const trimmed = given.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const line = index + 1
    const [, command = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(trimmed) ?? []
    const argument = unquoted(rest)
    const stray = (verdict: Stray['verdict'], note: string) =>
      strays.push({
        place: { entry: command, line, ...(account === undefined ? {} : { of: account }) },
        command,
        verdict,
        note,
      })
    if (command === 'defaults') {
      defaults = new Map()
      current = defaults
      account = undefined
    } else if (command === 'account') {
      const { name, parents } = accountLine(argument)
      if (parents.length > MAX_PARENTS)
        throw malformed('account', `begins with more than ${MAX_PARENTS} others`, 'Name those it needs.')
      const known = parents.filter((parent) => accounts.has(parent))
      const earlier = accounts.get(name)
      if (earlier)
        strays.push({
          place: { entry: 'account', line: earlier.line, of: name },
          command,
          verdict: 'ignored',
          note: 'another account of this name is below, and counts',
        })
      account = name
      for (const each of defaults.values()) unused.delete(each)
      current = new Map([...defaults, ...known.flatMap((parent) => [...accounts.get(parent)!.commands])])
      accounts.set(name, { line, commands: current, ...(known.length === 1 ? { sameAs: known[0] } : {}) })
      if (accounts.size > MAX_ACCOUNTS)
        throw malformed('account', `is written more than ${MAX_ACCOUNTS} times`, 'Import some of them.')
      if (known.length < parents.length) stray('lost', 'an account to begin with is not written above')
    } else if (!isKnown(command)) stray('unknown', 'it is not known')
    else if (!current) stray('ignored', 'it stands before the first account and before defaults')
    else {
      const earlier = current.get(command)
      const written = { argument, line }
      if (earlier)
        strays.push({
          place: { entry: command, line: earlier.line, ...(account === undefined ? {} : { of: account }) },
          command,
          verdict: 'ignored',
          note: 'a later line says otherwise',
        })
      if (earlier) unused.delete(earlier)
      if (account === undefined) unused.set(written, command)
      current.set(command, written)
      if (account !== undefined) accounts.get(account)!.sameAs = undefined
    }
  }
  for (const [{ line }, command] of unused)
    strays.push({ place: { entry: command, line }, command, verdict: 'ignored', note: 'no account is behind it' })
  return { accounts: [...accounts].map(([name, each]) => ({ name, ...each })), strays }
}

function accountLine(argument: string): { name: string; parents: string[] } {
  const colon = argument.indexOf(':')
  const name = (colon === -1 ? argument : argument.slice(0, colon)).trim()
  const parents = colon === -1 ? [] : argument.slice(colon + 1).split(',')
  return {
    name: /^[^\s:,]{1,100}$/.test(name) ? name : 'account',
    parents: [...new Set(parents.map((parent) => parent.trim()).filter((parent) => parent !== ''))],
  }
}

function unquoted(argument: string): string {
  const text = argument.trim()
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}
