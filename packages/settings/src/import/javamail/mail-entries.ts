import type { ProfileDraft } from '../report.js'
import type { JavaMailEntry } from './javamail-properties.js'
import { fromSpring, isSpring, SPRING_ONLY, springName } from './spring-properties.js'
import { isProtocol } from './transport-property.js'

/** The entries about mail that goes out, under JavaMail's names; the others are reported. Spring's own names win, so they come last. */
export function mailEntries(
  all: readonly JavaMailEntry[],
  transport: 'smtp' | 'smtps',
  draft: ProfileDraft,
): JavaMailEntry[] {
  const entries: JavaMailEntry[] = []
  const own: JavaMailEntry[] = []
  for (const entry of all) {
    if (isSpring(entry.name)) {
      const mail = fromSpring(entry, transport)
      if (!mail) sayOfSpring(entry, draft)
      else if (!isProtocol(mail.name)) (mail.own ? own : entries).push(mail)
      else if (mail.value.trim() === '') draft.say(mail.place, 'ignored', 'is empty')
      continue
    }
    if (isProtocol(entry.name) && entry.value.trim() !== '') continue
    const name = loginName(entry.name)
    if (name !== entry.name) entries.push({ ...entry, name, place: { ...entry.place, entry: entry.name } })
    else if (IS_SENDING.test(name)) entries.push(entry)
    else draft.say(entry.place, 'ignored', noteOfOther(name))
  }
  return [...entries, ...own]
}

/**
 * `${NAME}` stands for a value that is elsewhere. Its default counts; without one the entry is lost. A password may be one: then it is a
 * variable of the environment, and its default is lost.
 */
export function withoutPlaceholders(
  entries: readonly JavaMailEntry[],
  draft: ProfileDraft,
): { readonly given: JavaMailEntry[]; readonly left: JavaMailEntry[] } {
  const given: JavaMailEntry[] = []
  const left: JavaMailEntry[] = []
  for (const entry of entries) {
    const byDefault = /^\s*\$\{[^{}:]{1,200}:([^${}]*)\}\s*$/.exec(entry.value)?.[1]
    if (!entry.value.includes('${')) given.push(entry)
    else if (/^mail\.(?:smtps?\.)?password$/.test(entry.name)) given.push(ofVariable(entry, draft))
    else if (byDefault !== undefined && byDefault.trim() !== '') {
      given.push({ ...entry, value: byDefault, note: 'the default behind the placeholder' })
    } else {
      left.push(entry)
      draft.say(entry.place, 'lost', 'stands for a value that is given elsewhere; write the value itself')
    }
  }
  return { given, left }
}

/** A password that is one placeholder and nothing else; any other is meant as it is. */
function ofVariable(entry: JavaMailEntry, draft: ProfileDraft): JavaMailEntry {
  const [, written, byDefault = ''] = PLACEHOLDER.exec(entry.value.trim()) ?? []
  if (written === undefined) return entry
  if (byDefault !== '')
    draft.say(entry.place, 'lost', 'the default in the placeholder: where the variable is not there, no mail goes out')
  const variable = written.replace(/[.-]/g, '_').replace(/^[a-z][a-z0-9_]*$/, (text) => text.toUpperCase())
  return { ...entry, variable }
}

const PLACEHOLDER = /^\$\{(?:env\.)?([A-Za-z_][\w.-]{0,200})(?::([^]*))?\}$/

const IS_SENDING =
  /^mail\.(?:smtps?|transport|debug)\.|^mail\.(?:host|user|password|from|debug)$|^mail\.mime\.(?:allowutf8|charset)$/

/** How people write the login beside the properties. */
function loginName(name: string): string {
  if (name === 'password' || name === 'mail.pass' || name === 'mail.passwd') return 'mail.password'
  if (name === 'username' || name === 'user' || name === 'mail.username') return 'mail.user'
  return name
    .replace(/^(mail\.smtps?)\.(?:pass|passwd)$/, '$1.password')
    .replace(/^(mail\.smtps?)\.username$/, '$1.user')
}

function sayOfSpring(entry: JavaMailEntry, draft: ProfileDraft): void {
  const note = SPRING_ONLY.get(springName(entry.name.slice('spring.mail.'.length)))
  if (note === undefined) draft.say({ ...entry.place, entry: 'spring.mail. ...' }, 'unknown')
  else draft.say({ ...entry.place, entry: entry.name }, 'lost', note)
}

function noteOfOther(name: string): string {
  if (/^mail\.(?:store|imaps?|pop3s?)\./.test(name)) return 'is for reading mail'
  if (name.startsWith('mail.mime.')) return 'is about how Java writes and reads messages'
  return 'is no property of JavaMail'
}
