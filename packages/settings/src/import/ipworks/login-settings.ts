import { MECHANISM_NAMES } from './numbers.js'
import { numbered, switched, type SettingReader } from './setting-reader.js'

const MECHANISMS = {
  amUserPassword: 0,
  amCRAMMD5: 1,
  amNTLM: 2,
  amAPOP: 3,
  amSASLPlain: 4,
  amSASLDigestMD5: 5,
  amKerberos: 6,
  amXOAUTH2: 7,
}
/** Who logs in, and how. */
export function takeLogin(reader: SettingReader): void {
  const { draft } = reader
  const written = reader.read('AuthMechanism')
  const number = written ? numbered(written.value, MECHANISMS) : MECHANISMS.amUserPassword
  const login =
    reader.has('User') &&
    (reader.has('Password') || number === MECHANISMS.amXOAUTH2 || number === MECHANISMS.amKerberos)
  const name = number === undefined ? undefined : MECHANISM_NAMES[number]
  if (written && number === undefined) draft.say(written.place, 'lost', 'it must be 0 to 7')
  else if (written && number === MECHANISMS.amAPOP)
    draft.say(written.place, 'lost', 'APOP is for fetching mail: amCRAMMD5 is what was meant')
  else if (!login && written) draft.say(written.place, 'ignored', 'nobody logs in')
  else if (name !== undefined) draft.take(written!.place, [['credentials.mechanism', name]])
  else if (login) {
    const values = [['credentials.mechanisms', ['PLAIN', 'LOGIN']] as const]
    if (written) draft.take(written.place, values)
    else if (number !== undefined) reader.usual('AuthMechanism', values, 'PLAIN, or LOGIN when it is not offered')
  }
  reader.take('User', (user) => [['credentials.user', user]])
  takeIdentity(reader, number)
  if (number === MECHANISMS.amXOAUTH2) reader.tell('Password', 'ignored', 'a login by token uses no password')
  else reader.take('Password', (password) => [['credentials.password', password]])
  if (number === MECHANISMS.amNTLM && login) {
    reader.take('UseNTLMv2', (value) => switched(value, (on) => [['credentials.ntlm.version', on ? 2 : 1]]))
    reader.usual('UseNTLMv2', [['credentials.ntlm.version', 1]], 'IPWorks speaks version 1 unless it is told to')
  } else reader.tell('UseNTLMv2', 'ignored', 'the login is not by NTLM')
}

function takeIdentity(reader: SettingReader, number: number | undefined): void {
  if (number === MECHANISMS.amXOAUTH2)
    reader.take(
      'AuthorizationIdentity',
      (value) => [['credentials.accessToken', value.replace(/^Bearer\s+/i, '')]],
      'taken',
      'it ends after an hour or so: oauth2 gets new ones',
    )
  else if (number === MECHANISMS.amSASLPlain || number === MECHANISMS.amSASLDigestMD5)
    reader.take('AuthorizationIdentity', (value) => [['credentials.authorizationId', value]])
  else reader.tell('AuthorizationIdentity', 'ignored', 'this mechanism has none')
}
