import { SecretReference } from '../report.js'
import type { Literal, Member } from './literal.js'
import { numberOf, truthy, type OptionReader } from './option-reader.js'

/** Options that are known and have no effect here, with why. */
const NO_EFFECT: Readonly<Record<string, string>> = {
  maxRequeues: 'a message whose connection breaks is told as such, never sent twice by itself',
  maxResponseSize: 'replies have a limit of their own',
  socketCloseTimeout: 'timeouts.quitMs says how long the end of a session may take',
  allowInternalNetworkInterfaces: 'addresses of both families are raced (RFC 8305)',
  component: 'it is a name in the log',
  disableUrlAccess: 'no draft makes Posthorn fetch a URL',
  from: 'Nodemailer takes it from the second argument only',
  tlsServername: 'it is no option of Nodemailer',
  secureConnection: 'Nodemailer calls it secure since version 1',
  family: 'Nodemailer resolves by itself',
  preview: 'it is no option of Nodemailer',
  attachDataUrls: 'it is told with each message',
}

/** Options a profile has no setting for, with what to do. */
const LOST: Readonly<Record<string, string>> = {
  sendmail: 'mail would go out by a local program: name a relay instead',
  streamTransport: 'no mail would go out at all',
  jsonTransport: 'no mail would go out at all',
  SES: 'the HTTP service of Amazon is not spoken: its SMTP service is email-smtp.REGION.amazonaws.com with SMTP credentials',
  direct: 'write the transport direct, if mail is to go to the servers of each domain',
  customAuth: 'a login of its own is a program: SmtpOptions takes customMechanisms',
  getSocket: 'a connection of its own is a program: SmtpOptions takes a connector',
  socket: 'a connection of its own is a program: SmtpOptions takes a connector',
  connection: 'a connection of its own is a program: SmtpOptions takes a connector',
  secured: 'a connection of its own is a program: SmtpOptions takes a connector',
  normalizeHeaderKey: 'header fields keep the letter case that is usual',
  service: 'Nodemailer knows no service of this name',
  path: 'it belongs to sendmail',
  args: 'it belongs to sendmail',
  newline: 'it belongs to sendmail and streams',
  buffer: 'it belongs to streams',
}

/** Names of options, for what may have been meant. */
export const OTHER_NAMES: readonly string[] = [...Object.keys(NO_EFFECT), ...Object.keys(LOST)]

/** Pool, limits, DKIM, logging and what else there is. */
export function takeOthers(options: OptionReader): void {
  takePool(options)
  takeDkim(options)
  takeLogging(options)
  const files = options.plain('disableFileAccess')
  if (files && truthy(files.value)) options.draft.take(files.place, [['attachments.files', 'none']])
  else if (files) options.draft.say(files.place, 'ignored', 'drafts may name files')
  for (const [path, note] of Object.entries(NO_EFFECT)) options.tell(path, 'ignored', note)
  for (const [path, note] of Object.entries(LOST)) options.lose(path, note)
}

function takePool(options: OptionReader): void {
  const { draft } = options
  const pool = options.plain('pool')
  if (!pool || !truthy(pool.value)) {
    const note =
      'connections are kept and shared here in any case; pool.maxMessagesPerConnection 1 makes one for each message'
    if (pool) draft.say(pool.place, 'ignored', note)
    for (const path of ['maxConnections', 'maxMessages', 'rateLimit', 'rateDelta', 'idleTimeout'])
      options.tell(path, 'ignored', 'it counts with pool: true only')
    return
  }
  const had = { connections: options.has('maxConnections'), messages: options.has('maxMessages') }
  draft.take(pool.place, [
    ...(had.connections ? [] : [['pool.maxConnections', 5] as const]),
    ...(had.messages ? [] : [['pool.maxMessagesPerConnection', 100] as const]),
  ])
  options.take('maxConnections', 'pool.maxConnections', numberOf)
  options.take('maxMessages', 'pool.maxMessagesPerConnection', numberOf)
  const idle = options.plain('idleTimeout')
  if (idle && numberOf(idle.value) === 0)
    draft.take(idle.place, [['pool.maxIdleMs', 2 ** 31 - 1]], 'changed', '0 stands for no limit in Nodemailer')
  else if (idle) draft.take(idle.place, [['pool.maxIdleMs', numberOf(idle.value)]])
  const limit = options.plain('rateLimit')
  if (!limit || !truthy(limit.value)) {
    options.tell('rateDelta', 'ignored', 'it counts with rateLimit only')
    return
  }
  if (!options.take('rateDelta', 'limits.rate.perMs', numberOf))
    draft.take(options.place('rateDelta'), [['limits.rate.perMs', 1000]], 'defaulted', 'Nodemailer counts in seconds')
  draft.take(limit.place, [['limits.rate.messages', numberOf(limit.value)]])
}

function takeLogging(options: OptionReader): void {
  const logger = options.plain('logger')
  const debug = ['debug', 'transactionLog'].map((path) => options.plain(path)).filter((plain) => plain !== undefined)
  const on = logger !== undefined && truthy(logger.value)
  if (logger) {
    if (on)
      options.draft.take(logger.place, [
        ['logging.level', 'info'],
        ['logging.destinations', ['stderr']],
      ])
    else options.draft.say(logger.place, 'ignored', 'nothing is logged')
  }
  for (const { place, value } of debug) {
    if (on && truthy(value))
      options.draft.take(place, [['logging.level', 'debug']], 'changed', 'secrets and content are never logged')
    else options.draft.say(place, 'ignored', 'it counts with logger: true only')
  }
}

function takeDkim(options: OptionReader): void {
  const literal = options.literal('dkim')
  if (literal === undefined) return
  if (literal.kind !== 'object') {
    options.lose(
      'dkim',
      'only running the program would tell what stands here: write dkim: { domainName, keySelector, privateKey }',
    )
    return
  }
  const keys = memberOf(literal.members, 'keys')?.value
  const each = keys === undefined ? [literal] : keys.kind === 'array' ? keys.items : [keys]
  const place = options.place('dkim')
  options.done('dkim')
  const signatures = each.map((key) =>
    key.kind === 'object' ? signatureOf([...literal.members, ...key.members]) : undefined,
  )
  const known = signatures.filter((signature) => signature !== undefined)
  if (known.length < each.length || known.length === 0)
    options.draft.say(
      place,
      'lost',
      'a key needs domainName, keySelector and privateKey, written out: set dkim with file:PATH of the key',
    )
  if (known.length > 0) options.draft.take(place, [['dkim', known]])
  for (const { key, line } of literal.members) {
    const note = Object.hasOwn(DKIM_NOTES, key) ? DKIM_NOTES[key] : undefined
    if (note !== undefined) options.draft.say({ ...place, entry: `dkim.${key}`, line }, 'ignored', note)
  }
}

const DKIM_NOTES: Readonly<Record<string, string | undefined>> = {
  hashAlgo: 'signatures are made with SHA-256; no other digest is valid today (RFC 8301)',
  skipFields: 'header fields that change on the way are left out anyway',
  cacheDir: 'content is never kept on disk for a signature',
  cacheTreshold: 'content is never kept on disk for a signature',
}

function signatureOf(members: readonly Member[]): object | undefined {
  const text = (key: string) => {
    const value = memberOf(members, key)?.value
    return value?.kind === 'plain' && typeof value.value === 'string' ? value.value : undefined
  }
  const key = memberOf(members, 'privateKey')?.value
  const privateKey = key && keyOf(key)
  const [domain, selector] = [text('domainName'), text('keySelector')]
  if (domain === undefined || selector === undefined || privateKey === undefined) return undefined
  const fields = text('headerFieldNames')
    ?.split(':')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return { domain, selector, privateKey, ...(fields?.length ? { headerFields: fields } : {}) }
}

function keyOf(literal: Literal): string | SecretReference | undefined {
  if (literal.kind === 'plain' && typeof literal.value === 'string' && literal.value !== '') return literal.value
  if (literal.kind === 'env') return new SecretReference(`env:${literal.name}`)
  return literal.kind === 'file' ? new SecretReference(`file:${literal.path}`) : undefined
}

function memberOf(members: readonly Member[], key: string): Member | undefined {
  return members.findLast((member) => member.key === key)
}
