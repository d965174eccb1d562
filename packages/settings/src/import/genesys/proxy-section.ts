import { valueProblems } from '../../check-profile.js'
import { SETTINGS } from '../../table.js'
import type { SettingValue } from '../../values.js'
import type { Place, ProfileDraft } from '../report.js'
import { shownOption } from './option-names.js'
import type { GenesysOption, GenesysSection } from './section.js'

/** What an option of [proxy] is by its name, in small letters without `-`, `_`, `.` and the word proxy. */
const MEANINGS = new Map([
  ...['host', 'hostname', 'address', 'server', 'name', 'sockshost', 'httphost'].map((name) => [name, 'host'] as const),
  ...['port', 'socksport', 'httpport'].map((name) => [name, 'port'] as const),
  ...['type', 'protocol'].map((name) => [name, 'type'] as const),
  ...['user', 'username', 'login'].map((name) => [name, 'user'] as const),
  ['password', 'password'],
])
const TYPES = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['socks', 'socks5'],
  ['socks5', 'socks5'],
  ['socks4', 'socks4'],
])
const GUESSED = 'of this section only useProxy is documented; taken for what its name says'

/**
 * The section [proxy], which its option useProxy switches on: any value but `true` leaves it off. Its other options are documented nowhere
 * that can be read any more: those whose names speak for themselves are taken and said to be guessed, the others are reported.
 * @source Genesys E-mail Server 8.5.1, Connecting to a Proxy Server
 */
export function applyProxySection(draft: ProfileDraft, section: GenesysSection | undefined): void {
  if (!section) return
  const switches = section.options.filter(({ name }) => plain(name) === 'use')
  const on = switches.at(-1)
  for (const earlier of switches.slice(0, -1))
    draft.say(placeOf(earlier), 'ignored', 'it stands there again, and the last one counts')
  const others = section.options.filter((option) => !switches.includes(option))
  if (/^true$/i.test(on?.value ?? '')) return applyProxy(draft, on!, meanings(draft, others))
  if (on) draft.take(placeOf(on), [['proxy.type', 'none']])
  for (const option of others) draft.say(placeOf(option), 'ignored', 'no proxy is used')
}

/** The options by what they mean; the others are reported. */
function meanings(draft: ProfileDraft, options: readonly GenesysOption[]): ReadonlyMap<string, GenesysOption> {
  const meant = new Map<string, GenesysOption>()
  for (const option of options) {
    const meaning = MEANINGS.get(plain(option.name))
    if (!option.value) draft.say(placeOf(option), 'ignored', 'it is empty')
    else if (meaning === undefined || meant.has(meaning)) draft.say(placeOf(option), 'unknown', UNKNOWN)
    else meant.set(meaning, option)
  }
  return meant
}

function applyProxy(draft: ProfileDraft, on: GenesysOption, meant: ReadonlyMap<string, GenesysOption>): void {
  const host = meant.get('host')?.value
  if (host === undefined || valueProblems(SETTINGS.get('proxy.host')!, host).length > 0) {
    for (const option of meant.values()) draft.say(placeOf(option), 'lost', 'there is no usable host of a proxy')
    draft.say(placeOf(on), 'lost', 'the proxy it switches on is not said: set proxy.type, proxy.host and proxy.port')
    return
  }
  const type = TYPES.get(plain(meant.get('type')?.value ?? ''))
  if (type !== undefined) draft.take(placeOf(on), [['proxy.type', type]])
  else draft.take(placeOf(on), [['proxy.type', 'socks5']], 'changed', NO_TYPE)
  for (const [meaning, option] of meant) {
    if (meaning === 'type' && type === undefined)
      draft.say(placeOf(option), 'lost', 'it is no kind of proxy that is known')
    else if (meaning === 'type') draft.say(placeOf(option), 'taken', GUESSED)
    else draft.take(placeOf(option), [valueOf(meaning, option)], 'changed', GUESSED)
  }
}

const valueOf = (meaning: string, { value }: GenesysOption): SettingValue => [
  `proxy.${meaning}`,
  meaning === 'port' ? Number(value) : value,
]

const UNKNOWN = 'of this section only useProxy is documented; see proxy.type, proxy.host and proxy.port'
const NO_TYPE = 'which kind of proxy is not said: taken for SOCKS 5; for others set proxy.type'

const plain = (name: string) => name.toLowerCase().replace(/proxy|[-_.\s]/g, '')

function placeOf({ name, line }: GenesysOption): Place {
  const known = plain(name) === 'use' || MEANINGS.has(plain(name))
  return { entry: `[proxy] ${known ? name : shownOption(name)}`, ...(line === undefined ? {} : { line }) }
}
