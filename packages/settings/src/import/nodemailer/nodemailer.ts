import { SettingsError } from '@posthorn/ground/portable'
import { concluded } from '../conclude.js'
import { envFile } from '../dotenv/env-file.js'
import type { Import, ImportedProfile, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { bounded, malformed, missing, ProfileDraft } from '../report.js'
import { shownName } from '../shown-name.js'
import { exportNodemailer } from './export.js'
import type { Literal } from './literal.js'
import { takeLogin } from './login-options.js'
import { takeDefaults } from './message-defaults.js'
import { OptionReader, optionsByPath, overrule, type Overruled, type Written } from './option-reader.js'
import { OTHER_NAMES, takeOthers } from './other-options.js'
import { optionsOfUrl, putService, takeServer } from './server-options.js'
import { LiteralReader } from './literal-reader.js'
import { skipBlank } from './source-text.js'
import { takeTls } from './tls-options.js'
import { callsTransport, transportCalls, type TransportCall } from './transport-calls.js'

/**
 * Nodemailer: the options of `createTransport` as JSON, or the call itself out of a program, of which nothing is run. Several calls are several
 * profiles. Variables (`process.env.X`) become references where the setting is a secret; elsewhere they are read from a `.env` file that is
 * given along.
 */
export const nodemailer: ImportFormat = {
  name: 'nodemailer',
  says: 'Nodemailer: options as JSON, or a program that calls createTransport',
  recognises,
  import: importNodemailer,
  export: exportNodemailer,
}

/** What only Nodemailer has. */
const OWN_NAMES: readonly string[] = [
  ...['auth', 'secure', 'requireTLS', 'ignoreTLS', 'opportunisticTLS', 'authMethod', 'connectionTimeout'],
  ...['greetingTimeout', 'socketTimeout', 'rateLimit', 'rateDelta', 'maxMessages', 'disableFileAccess', 'tls', 'pool'],
]
const SERVER_NAMES: readonly string[] = ['host', 'service', 'url', 'port']
const KNOWN_NAMES: readonly string[] = [
  ...OWN_NAMES,
  ...SERVER_NAMES,
  ...OTHER_NAMES,
  ...[
    'name',
    'localAddress',
    'dnsTimeout',
    'proxy',
    'dkim',
    'logger',
    'debug',
    'lmtp',
    'user',
    'pass',
    'maxConnections',
  ],
]

function recognises({ text }: ImportSource): boolean {
  if (text.length > 1_000_000) return false
  try {
    if (text[skipBlank(text, 0)] !== '{') return callsTransport(text)
    const options = new LiteralReader(text).read(0)
    if (options.kind !== 'object') return false
    const names = new Set(options.members.map(({ key }) => key))
    const login = options.members.some(
      ({ key, value }) =>
        key === 'auth' && value.kind === 'object' && value.members.some(({ key: inner }) => inner === 'user'),
    )
    const own = OWN_NAMES.filter((name) => names.has(name) && name !== 'auth' && name !== 'tls' && name !== 'pool')
    return SERVER_NAMES.some((name) => names.has(name)) && !names.has('relay') && (login || own.length > 0)
  } catch (error) {
    if (error instanceof SettingsError) return false
    throw error
  }
}

function importNodemailer({ text: given, files = {} }: ImportSource): Import {
  const text = bounded(given, 'nodemailer')
  const calls = transportCalls(text)
  if (!calls) throw malformed('createTransport', 'is not called, and the text is no object of options', EXAMPLE)
  const variables = new Map<string, string>()
  for (const [name, content] of Object.entries(files)) {
    if (/(?:^|[/\\])\.env(?:\.[\w-]+)?$/.test(name))
      for (const { name: variable, value } of envFile(bounded(content, '.env'))) variables.set(variable, value)
  }
  const report: ReportLine[] = []
  const profiles: ImportedProfile[] = []
  for (const [index, call] of calls.entries()) {
    const name = calls.length === 1 ? 'nodemailer' : `nodemailer-${index + 1}`
    profiles.push({ name, profile: profileOf(call, report, variables, calls.length === 1 ? undefined : name) })
  }
  return { profiles, report }
}

const EXAMPLE =
  "Give { host: 'smtp.example.com', port: 465, secure: true, auth: { user, pass } }, or a call of createTransport with it."

function profileOf(
  { options: literal, defaults }: TransportCall,
  report: ReportLine[],
  variables: ReadonlyMap<string, string>,
  of: string | undefined,
) {
  const draft = new ProfileDraft(report)
  const overruled: Overruled[] = []
  const written = optionsOf(literal, variables, overruled)
  const needed = ['host', 'port', 'service', 'url'].some((name) => written.has(name))
  if (putService(written, overruled) === 'known') {
    const line = written.get('service')!.line
    draft.say(
      { entry: 'service', line, ...(of === undefined ? {} : { of }) },
      'taken',
      'it stands for a host, a port and their protection',
    )
    written.delete('service')
  }
  const options = new OptionReader(draft, written, variables, of)
  options.done('url')
  if (!needed) {
    takeOthers(options)
    throw missing(['host'], 'Nodemailer configuration')
  }
  takeServer(options)
  takeTls(options)
  takeLogin(options)
  takeOthers(options)
  sayUnknown(options)
  if (defaults) {
    const members = defaults.kind === 'object' ? defaults.members : []
    const second = new OptionReader(draft, optionsByPath(members, overruled), variables, of)
    if (defaults.kind !== 'object')
      draft.say(
        { entry: 'defaults', line: defaults.line, ...(of === undefined ? {} : { of }) },
        'lost',
        'only running the program would tell what they are',
      )
    takeDefaults(second)
    sayUnknown(second)
  }
  for (const { path, line } of overruled) {
    const { entry } = shownName(path, KNOWN_NAMES, LOOKS)
    const place = { entry, line, ...(of === undefined ? {} : { of }) }
    draft.say(place, 'ignored', 'another one of its name, the url or the service says otherwise')
  }
  refuseWanting(options.wanting)
  return concluded(draft, {
    format: 'Nodemailer configuration',
    host: 'host',
    clearLogin: 'Nodemailer',
    place: { ...(of === undefined ? {} : { of }) },
  })
}

function optionsOf(
  literal: Literal,
  variables: ReadonlyMap<string, string>,
  overruled: Overruled[],
): Map<string, Written> {
  const url = (value: Literal): string | undefined => {
    const text =
      value.kind === 'env'
        ? (variables.get(value.name) ?? value.fallback)
        : value.kind === 'plain'
          ? value.value
          : undefined
    return typeof text === 'string' ? text : undefined
  }
  const text = url(literal)
  if (text !== undefined) return optionsOfUrl(text, literal.line)
  if (literal.kind !== 'object') {
    const entry = literal.kind === 'env' ? `process.env.${literal.name}` : 'the argument of createTransport'
    if (literal.kind === 'env') refuseWanting([entry])
    throw malformed(entry, 'is neither an object nor a URL that is written out', EXAMPLE)
  }
  const options = optionsByPath(literal.members, overruled)
  const inner = options.get('url')
  const innerText = inner && url(inner.value)
  if (inner && innerText !== undefined && innerText !== '')
    for (const [path, written] of optionsOfUrl(innerText, inner.line)) {
      overrule(options, path, overruled)
      options.set(path, written)
    }
  else if (inner?.value.kind === 'env' && !options.has('host')) refuseWanting([`process.env.${inner.value.name}`])
  return options
}

/** How options are named. */
const LOOKS = /^[a-z][A-Za-z]{0,40}(?:\.[a-z][A-Za-z]{0,40})?$/
const NOTHING = /(?!)/

function sayUnknown(options: OptionReader): void {
  for (const path of options.rest()) {
    const { entry, note } = shownName(path, KNOWN_NAMES, options.isKey(path) ? LOOKS : NOTHING)
    const place = options.place(path)
    options.done(path)
    options.draft.say({ ...place, entry }, 'unknown', note)
  }
}

/** What mail cannot go out without, when it stands in variables. @throws {SettingsError} `import.missing` */
function refuseWanting(wanting: readonly string[]): void {
  const needed = wanting.filter((entry) => /^(?:host|auth\.user|auth\.credentials\.user|process\.env\.)/.test(entry))
  if (needed.length === 0) return
  throw new SettingsError('import.missing', needed.join(', '), 'is in a variable of the environment', {
    hint: 'Write the value in its place, or give the .env file along with the program.',
  })
}
