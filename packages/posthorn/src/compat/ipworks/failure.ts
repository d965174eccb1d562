import { ConnectError, PosthornError, ReplyError, replyText, SettingsError, type Phase } from '@posthorn/ground'
import { SYSTEM_ERRORS } from '@posthorn/net'
import { RecipientsRefused } from '@posthorn/smtp'
import { IPWorksError } from './ipworks-error.js'
import { ENGINE_CODES, ENGINE_FAMILIES, type EngineCode } from './table/engine-codes.js'
import { hintOf, inWordsOfTheClass } from './table/engine-words.js'
import { errorText } from './table/errors.js'

/** What the class knows about a failure besides the error. */
export interface FailureContext {
  /** Why the class itself ended it. */
  readonly ended?: 'interrupted' | 'timeout' | undefined
  /** A transaction or an exchange was under way. */
  readonly inTransaction: boolean
  /** What opens the transaction of the method in place of `MAIL`, such as `SEND`. */
  readonly command?: string | undefined
}

/**
 * Any error in the numbers of the document, with the error as its cause. An `IPWorksError` stays as it is, and one that is the cause of an
 * error of the engine is given in its place; but what the class ended itself is 301, whatever that led to. Never throws.
 */
export function failureOf(error: unknown, context: FailureContext): IPWorksError {
  const chain = causesOf(error)
  const own = chain.find((each) => each instanceof IPWorksError)
  if (own && (context.ended === undefined || (own.code === 301 && own.reason === context.ended))) return own
  const meaning = context.ended ?? meaningOf(error, chain, context)
  const replied = chain.find((each) => each instanceof PosthornError && each.reply !== undefined) as
    PosthornError | undefined
  const refused = chain.find((each) => each instanceof RecipientsRefused)
  const code = typeof meaning === 'number' ? meaning : 301
  return new IPWorksError(code, textOf(meaning, error, context), {
    reason: typeof meaning === 'number' ? undefined : meaning,
    reply: replied?.reply,
    command: replied && commandOf(replied.phase, context),
    recipient: refused && decisiveRecipient(refused),
    cause: error,
  })
}

/** What the table says about a code of the engine; undefined when it has no place for it. */
export function engineCode(code: string): EngineCode | undefined {
  return lookUp(ENGINE_CODES, code) ?? lookUp(ENGINE_FAMILIES, code.split('.')[0]!)
}

type Meaning = number | 'timeout' | 'interrupted'

function meaningOf(error: unknown, chain: readonly Error[], context: FailureContext): Meaning {
  if (!(error instanceof PosthornError)) return systemNumber(chain) ?? ofFile(error) ?? 162
  if (error instanceof ReplyError) return 161
  const given = byField(error) ?? engineCode(error.code) ?? byClass(error)
  if (typeof given === 'object') {
    if ('system' in given) return bySystem(error, chain, given.system)
    const { cause } = error
    const rest = chain.slice(1)
    if (cause instanceof PosthornError) return meaningOf(cause, rest, context)
    return systemNumber(rest) ?? given.cause
  }
  if (given === 'lost') return systemNumber(chain) ?? (broke(error, context) ? 162 : 1120)
  // the deadline of the system is none of ours
  if (error.code === 'connect.timeout' && systemNumbers(chain).includes(OS_TIMEOUT)) return OS_TIMEOUT
  return given
}

const OS_TIMEOUT = 10060

/** For a code that no table has: the nearest number. */
function byClass(error: PosthornError): EngineCode {
  if (error instanceof SettingsError) return 10022
  if (!(error instanceof ConnectError)) return { system: 162 }
  return { system: CONNECTING[error.phase] ?? 162 }
}

const CONNECTING: Partial<Record<Phase, number>> = { resolve: 11002, proxy: 118, tls: 276 }

/** The settings of TLS have one code, and differ by their field; FirewallData is wrong without a proxy having failed. */
function byField(error: PosthornError): EngineCode | undefined {
  if (error instanceof SettingsError && error.field.startsWith('proxy.headers')) return 10022
  if (!(error instanceof SettingsError) || error.code !== 'settings.tls') return undefined
  if (/^tls\.(?:cert|key|pfx|identity)\b/.test(error.field)) return { cause: 273 }
  return /^tls\.(?:passphrase|ca|extraCa|acceptedCertificates)\b/.test(error.field) ? { cause: 271 } : undefined
}

/** Of several that the system gave, the one that the engine found the most telling. */
function bySystem(error: PosthornError, chain: readonly Error[], otherwise: number): number {
  const numbers = systemNumbers(chain)
  if (numbers.includes(otherwise)) return otherwise
  const nobodySaidSo = error.code === 'resolve.not-found' && error.cause === undefined
  return numbers[0] ?? (nobodySaidSo ? NAME_WITHOUT_ADDRESS : otherwise)
}

/** The name is there, and no address of the wanted family. */
const NAME_WITHOUT_ADDRESS = 11004

/** True when a transaction was broken: it begins with the reply to MAIL (RFC 5321 3.3). */
function broke({ phase }: PosthornError, { inTransaction }: FailureContext): boolean {
  return inTransaction && OF_A_TRANSACTION.has(phase)
}

const OF_A_TRANSACTION: ReadonlySet<Phase> = new Set(['rcpt', 'data', 'content', 'final'])

const BY_NAME = new Map(SYSTEM_ERRORS.flatMap(({ number, names }) => names.map((name) => [name, number] as const)))

function systemNumbers(chain: readonly Error[]): number[] {
  const numbers = chain.map((error) => BY_NAME.get(String((error as NodeJS.ErrnoException).code)))
  return numbers.filter((number) => number !== undefined)
}

function systemNumber(chain: readonly Error[]): number | undefined {
  return systemNumbers(chain)[0]
}

/** What the file system says that sockets never do. */
function ofFile(error: unknown): number | undefined {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined ? 303 : undefined
}

/** An error, its causes, and those of each of several, at most 50. */
function causesOf(error: unknown): readonly Error[] {
  const found: Error[] = []
  const add = (each: unknown): void => {
    if (!(each instanceof Error) || found.includes(each) || found.length >= MAX_CAUSES) return
    found.push(each)
    if (each instanceof AggregateError) each.errors.forEach(add)
    add(each.cause)
  }
  add(error)
  return found
}

const MAX_CAUSES = 50

function commandOf(phase: Phase, { command }: FailureContext): string | undefined {
  return phase === 'mail' ? (command ?? 'MAIL') : COMMANDS[phase]
}

const COMMANDS: Partial<Record<Phase, string>> = {
  ehlo: 'EHLO',
  starttls: 'STARTTLS',
  auth: 'AUTH',
  rcpt: 'RCPT',
  data: 'DATA',
  content: 'DATA',
  final: 'DATA',
  rset: 'RSET',
  noop: 'NOOP',
  quit: 'QUIT',
}

function decisiveRecipient({ refused, reply }: RecipientsRefused): string | undefined {
  return (refused.find((delivery) => delivery.reply === reply) ?? refused[0])?.recipient
}

function textOf(meaning: Meaning, error: unknown, context: FailureContext): string {
  const known = error instanceof PosthornError ? error : undefined
  const doubt = known?.outcome === 'unknown' ? known.hint : undefined // it may have been delivered: nothing matters more
  if (meaning === 'interrupted') return sentences('Operation interrupted', doubt)
  const hint = doubt ?? (known && hintOf(known))
  const said = whatWasSaid(error)
  if (meaning === 'timeout') {
    const own = context.ended === 'timeout'
    return sentences(own ? `Timeout: it took longer than Timeout allows` : `Timeout: ${said}`, own ? doubt : hint)
  }
  if (!known?.reply) return sentences(meaning === 161 ? `161: ${said}` : `${errorText(meaning)}: ${said}`, hint)
  const reply = replyText(known.reply)
  const whole = said.includes(reply) ? said : `${said}: ${reply}`
  return sentences(meaning === 161 ? `161: ${whole}` : `${errorText(meaning)}: ${whole}`, hint)
}

function whatWasSaid(error: unknown): string {
  if (error instanceof SettingsError) return inWordsOfTheClass(error.field, error.message)
  return error instanceof Error ? error.message : String(error)
}

function sentences(first: string, second: string | undefined): string {
  return second === undefined ? first : `${first.replace(/[.;:]$/, '')}. ${second}`
}

function lookUp<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
