import { nearName } from '@posthorn/ground/portable'
import type { JavaMailEntry } from '../javamail/javamail-properties.js'
import { shownName } from '../javamail/property-names.js'
import { malformed, type Place, type ProfileDraft } from '../report.js'
import { isKey, isKeyStore, type Key, KEY_STORE, KEYS, type RegistryEntry } from './registry.js'

/** What `/configuration/mail` says for the one server. */
export interface MailFolder {
  readonly values: ReadonlyMap<Key, { readonly value: string; readonly place: Place }>
  readonly properties: readonly JavaMailEntry[]
  readonly trust?: { readonly value: string; readonly place: Place } | undefined
}

const FOLDER = '/configuration/mail'

/**
 * Finds the entries that count: those of the folder of the server, `/configuration/mail/<host>/...`, before those of the plain one. All
 * others are reported.
 * @throws {SettingsError} `import.format` when no plain Server says which of several folders counts
 */
export function mailFolder(entries: readonly RegistryEntry[], draft: ProfileDraft): MailFolder {
  const mail: Located[] = []
  let trust: MailFolder['trust']
  for (const entry of entries) {
    const { path, value } = entry
    if (isTrust(path)) {
      const place = { entry: TRUST, ...entry.place }
      if (trust) draft.say(trust.place, 'ignored', AGAIN)
      trust = { value, place }
      continue
    }
    const located = locate(entry)
    if (located) mail.push(located)
    else if (isKeyStore(value)) draft.say({ entry: 'key store', ...entry.place }, 'lost', KEY_STORE)
    else draft.say({ entry: 'an entry', ...entry.place }, 'ignored', 'is not in /configuration/mail')
  }
  const server = serverOf(mail)
  const counting = new Map<string, Located>()
  for (const each of [...mail].sort((a, b) => Number(a.host !== undefined) - Number(b.host !== undefined))) {
    if (each.host !== undefined && each.host !== server) {
      draft.say(each.place, 'ignored', 'is for another host; there is one server, and this is not it')
      continue
    }
    const before = counting.get(each.name)
    if (before)
      draft.say(before.place, 'ignored', before.host === each.host ? AGAIN : 'the folder of the host says it, and wins')
    counting.set(each.name, each)
  }
  return { ...sorted([...counting.values()], draft), trust }
}

const TRUST = 'TLS.VerifyServerCertificateTrust'

/** The setting of the whole product, or in the folder of mail; one that stands elsewhere is about something else. */
const isTrust = (path: readonly string[]) =>
  [TRUST, `configuration/${TRUST}`, `configuration/mail/${TRUST}`].includes(path.join('/'))

const AGAIN = 'is said again, and the last one counts'

interface Located {
  /** Of the folder it stands in, when that is one of a host. */
  readonly host: string | undefined
  /** `Server`, or `JavaMail/mail.smtp.port`. */
  readonly name: string
  readonly value: string
  readonly place: Place
}

function locate({ path, value, place }: RegistryEntry): Located | undefined {
  // further down it is the folder of something else
  if (path[0] !== 'configuration' || path[1] !== 'mail') return undefined
  const rest = path.slice(2)
  const host = rest.length > 1 && !isKey(rest[0]) ? rest.shift() : undefined
  const folder = host === undefined ? FOLDER : `${FOLDER}/${/^[\w.-]{1,255}$/.test(host) ? host : '...'}`
  return { host, name: rest.join('/'), value, place: { entry: `${folder}/${shownPath(rest)}`, ...place } }
}

function shownPath([key = '', property, ...more]: readonly string[]): string {
  if (!isKey(key)) return nearKey(key) === undefined ? '...' : key
  if (property === undefined) return key
  return `${key}/${more.length > 0 ? '...' : shownName(property)}`
}

const nearKey = (key: string) => (key.length > 30 ? undefined : nearName(key, KEYS))

/** The plain one, else the one that stands in the folder with its own name. */
function serverOf(mail: readonly Located[]): string | undefined {
  const said = mail.filter(({ name, value }) => name === 'Server' && value !== '')
  const plain = said.findLast(({ host }) => host === undefined)
  if (plain) return plain.value
  const own = new Set(said.filter(({ host, value }) => host === value).map(({ value }) => value))
  if (own.size > 1) {
    throw malformed(
      `${FOLDER}/Server`,
      'is missing, and several hosts have folders of their own',
      'Write there which of them is the server.',
    )
  }
  return [...own][0]
}

function sorted(mail: readonly Located[], draft: ProfileDraft): Pick<MailFolder, 'values' | 'properties'> {
  const values = new Map<Key, { value: string; place: Place }>()
  const properties: JavaMailEntry[] = []
  for (const { name, value, place } of mail) {
    const property = /^JavaMail\/([^/]{1,300})$/.exec(name)?.[1]
    if (property !== undefined) properties.push({ name: property, value, place })
    else if (name === 'JavaMail' && value === '') draft.say(place, 'ignored', 'is a folder')
    else if (name === 'JavaMail') draft.say(place, 'lost', 'must have one entry below it for each property')
    else if (isKey(name)) {
      if (value === '')
        draft.say(place, 'ignored', name === 'Server' ? 'is blank: the server is looked for' : 'is empty')
      else values.set(name as Key, { value, place })
    } else {
      const meant = nearKey(name)
      draft.say(
        place,
        'unknown',
        meant === undefined ? undefined : `names are compared letter by letter; did you mean ${meant}?`,
      )
    }
  }
  return { values, properties }
}
