import { isYes, words, type ParameterReader } from './parameter-reader.js'
import { lookUpLogin } from './password-map.js'

/** Mechanisms that Postfix with Cyrus SASL may use, the strongest first. */
const NO_EFFECT = 'it is about how Postfix keeps and tries logins'

/**
 * Who logs in at the relay.
 * @param relay what it is looked up by: the host, and the relay as it is written
 */
export function takeLogin(
  reader: ParameterReader,
  relay: readonly string[],
  files: Readonly<Record<string, string>>,
): void {
  const { draft } = reader
  const enable = reader.read('smtp_sasl_auth_enable')
  const maps = reader.read('smtp_sasl_password_maps')
  const on = isYes(enable?.value)
  if (maps && maps.value !== '') {
    const found = relay.length === 0 ? 'none' : lookUpLogin(maps.value, relay, files)
    if (typeof found === 'object') {
      const { user, password } = found
      draft.take(maps.place, [
        ...(user === '' ? [] : [['credentials.user', user] as const]),
        ...(password === '' ? [] : [['credentials.password', password] as const]),
      ])
    } else if (relay.length === 0) draft.say(maps.place, 'ignored', 'there is no relay to log in at')
    else draft.say(maps.place, 'lost', ANSWERS[found])
  } else if (maps) draft.say(maps.place, 'ignored', 'it is empty')
  const login = draft.has('credentials.user') || draft.has('credentials.password')
  if (login && !on)
    draft.take(
      enable?.place ?? reader.place('smtp_sasl_auth_enable'),
      [['credentials.enabled', false]],
      enable ? 'taken' : 'defaulted',
      'Postfix does not log in',
    )
  else if (enable)
    draft.say(
      enable.place,
      on ? 'taken' : 'ignored',
      on ? 'Postfix logs in where it has a password' : 'Postfix does not log in',
    )
  takeMechanisms(reader, login && on)
  for (const name of [
    'smtp_sasl_type',
    'smtp_sasl_path',
    'smtp_sasl_auth_soft_bounce',
    'smtp_sasl_auth_cache_name',
    'smtp_sasl_auth_cache_time',
    'smtp_send_dummy_mail_auth',
  ])
    reader.tell(name, 'ignored', NO_EFFECT)
  reader.tell('smtp_sender_dependent_authentication', 'lost', 'a login of its own for a sender is a profile of its own')
}

const ANSWERS = {
  none: 'there is no login for this relay in it',
  'no-file': 'its file is not here: give it along, or set credentials.user and credentials.password',
  'no-text': 'this kind of map is not read: set credentials.user and credentials.password',
} as const

function takeMechanisms(reader: ParameterReader, login: boolean): void {
  const { draft } = reader
  const filter = reader.read('smtp_sasl_mechanism_filter')
  if (filter) {
    const list = words(filter.value)
    const named = list.filter((word) => /^[A-Za-z0-9-]{1,30}$/.test(word)).map((word) => word.toUpperCase())
    const open = list.some((word) => word.includes(':'))
    if (named.length > 0 && !open) draft.take(filter.place, [['credentials.mechanisms', named]])
    else if (list.length === 0) draft.say(filter.place, 'ignored', 'it is empty, which stands for all mechanisms')
    else draft.say(filter.place, 'lost', 'say in credentials.mechanisms which ones may be used')
  }
  const plain = reader.peek('smtp_sasl_security_options') ?? 'noplaintext, noanonymous'
  const tls = reader.peek('smtp_sasl_tls_security_options') ?? plain
  const security = draft.get('security')
  const places = [
    'smtp_sasl_security_options',
    'smtp_sasl_tls_security_options',
    'smtp_sasl_tls_verified_security_options',
  ]
  if (login) takeStrength(reader, words(plain.toLowerCase()), words(tls.toLowerCase()), security)
  for (const name of places) {
    const verified = name.includes('verified')
    const used = verified
      ? false
      : security === 'none'
        ? name === places[0]
        : security === 'opportunistic' || name === places[1]
    reader.tell(
      name,
      used && login ? 'taken' : 'ignored',
      used && login ? 'it makes the floor of the mechanisms' : 'it is about sessions of another kind',
    )
  }
}

function takeStrength(
  reader: ParameterReader,
  plain: readonly string[],
  tls: readonly string[],
  security: unknown,
): void {
  const { draft } = reader
  const counts = security === 'none' ? plain : tls
  const floor = counts.includes('mutual_auth') ? 'mutual' : counts.includes('noplaintext') ? 'hash' : undefined
  const written = reader.has('smtp_sasl_security_options') || reader.has('smtp_sasl_tls_security_options')
  const place = { entry: 'floor of the mechanisms' }
  if (floor !== undefined)
    draft.take(
      place,
      [['credentials.minimumAuthStrength', floor]],
      written ? 'taken' : 'defaulted',
      'noplaintext: no mechanism that sends the password itself',
    )
  if (security !== 'none' && security !== 'opportunistic') return
  const inClear = !plain.includes('noplaintext')
  if (inClear || floor !== undefined)
    draft.take(
      { entry: 'login without TLS' },
      [['credentials.allowCleartextAuth', true]],
      written ? 'taken' : 'defaulted',
      inClear
        ? 'Postfix sends the password in the clear where there is no TLS'
        : 'Postfix logs in without TLS, by mechanisms that do not send the password itself',
    )
  else
    draft.say(
      { entry: 'login without TLS' },
      'changed',
      'Postfix would log in by stronger mechanisms there; here nobody logs in without TLS',
    )
}
