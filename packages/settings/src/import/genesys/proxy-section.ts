import { valueProblems } from '../../check-profile.js'
import { SETTINGS } from '../../table.js'
import type { SettingValue } from '../../values.js'
import type { ProfileDraft } from '../report.js'
import type { GenesysOption, GenesysSection } from './applications.js'
import { isTrue } from './mode.js'

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
export function applyProxySection(
  draft: ProfileDraft,
  section: GenesysSection | undefined,
  of: string | undefined,
): void {
  if (!section) return
  const place = (option: GenesysOption | undefined, entry = option!.name) => ({
    entry: `[proxy] ${/^[A-Za-z][\w.-]{0,40}$/.test(entry) ? entry : '...'}`,
    ...(option?.line === undefined ? {} : { line: option.line }),
    ...(of === undefined ? {} : { of }),
  })
  const isSwitch = ({ name }: GenesysOption) => plain(name) === 'use'
  const on = section.options.findLast(isSwitch)
  const used = on?.value !== undefined && isTrue(on.value) === true
  const meant = new Map<string, GenesysOption>()
  for (const option of section.options) {
    const meaning = MEANINGS.get(plain(option.name))
    if (isSwitch(option)) continue
    if (!used) draft.say(place(option), 'ignored', 'no proxy is used')
    else if (meaning === undefined || meant.has(meaning)) draft.say(place(option), 'unknown', UNKNOWN)
    else meant.set(meaning, option)
  }
  const host = meant.get('host')
  if (!used || !host?.value) {
    const rest = [...meant.values()].filter(({ value }) => value)
    for (const option of meant.values())
      draft.say(place(option), rest.includes(option) ? 'lost' : 'ignored', 'there is no host of a proxy')
    if (used)
      draft.say(place(on), 'lost', 'the proxy it switches on is not said: set proxy.type, proxy.host and proxy.port')
    else if (on) draft.take(place(on), [['proxy.type', 'none']])
    return
  }
  const type = TYPES.get(plain(meant.get('type')?.value ?? ''))
  if (on)
    draft.take(place(on), [['proxy.type', type ?? 'socks5']], type === undefined ? 'changed' : 'taken', typeNote(type))
  for (const [meaning, option] of meant) {
    const said: SettingValue = [`proxy.${meaning}`, meaning === 'port' ? Number(option.value) : option.value]
    if (meaning === 'type' && type === undefined)
      draft.say(place(option), 'lost', 'it is no kind of proxy that is known')
    else if (meaning === 'type') draft.say(place(option), 'taken', GUESSED)
    else if (!option.value) draft.say(place(option), 'ignored', 'it is empty')
    else draft.take(place(option), [said], 'changed', GUESSED)
  }
  if (draft.has('proxy.host') || valueProblems(SETTINGS.get('proxy.host')!, host.value).length === 0) return
  draft.drop('proxy.type')
}

const UNKNOWN = 'of this section only useProxy is documented; see proxy.type, proxy.host and proxy.port'

const plain = (name: string) => name.toLowerCase().replace(/proxy|[-_.\s]/g, '')

function typeNote(type: string | undefined): string | undefined {
  return type === undefined
    ? 'which kind of proxy is not said: taken for SOCKS 5; for others set proxy.type'
    : undefined
}
