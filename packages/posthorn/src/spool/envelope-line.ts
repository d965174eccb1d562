import { PosthornError } from '@posthorn/ground'
import { parseMailbox, type Envelope, type ExtraParameter, type Recipient } from '@posthorn/smtp'
import { KNOWN_PARAMETERS, MARKERS, MAX_PARAMETERS } from './envelope-markers.js'
import { mailParameter, rcptParameter, type Writable } from './parameter-reader.js'
import { garbage } from './spool-error.js'

/** What the MAIL line of a spool file says. */
export interface MailLine {
  readonly envelope: Omit<Envelope, 'recipients'>
  /** SIZE=, when it is there. */
  readonly sizeOctets: number | undefined
}

/** One parameter of a line: its name in upper case, and as it stands there. */
interface Word {
  readonly name: string
  readonly value: string | undefined
  readonly text: string
}

/** What is left of a line once its markers are read. */
interface Marked {
  readonly words: readonly Word[]
  readonly flags: ReadonlyMap<string, string | undefined>
  readonly preferred: ReadonlySet<string>
  /** By the name of a parameter that goes as it stands, the keyword it needs. */
  readonly keywords: ReadonlyMap<string, string>
}

const MAIL = /^(MAIL|SEND|SOML|SAML) FROM: ?</i
const RCPT = /^(?:RCPT|SENT|FAIL) TO: ?</i

/** @throws {SettingsError} `spool.garbage` */
export function readMailLine(line: string, number: number): MailLine {
  const start = MAIL.exec(line)
  if (!start) throw garbage(number, 'MAIL FROM:<mailbox>')
  const { path, rest } = splitPath(line, start[0].length, number)
  const { words, flags, preferred, keywords } = marked(rest, number)
  const reversePath = path === '' ? '' : wireOf(path, number)
  const into: Writable<Omit<Envelope, 'recipients'>> = { reversePath }
  const verb = start[1]!.toUpperCase() as NonNullable<Envelope['verb']>
  if (verb !== 'MAIL') into.verb = verb
  const further: ExtraParameter[] = []
  let sizeOctets: number | undefined
  for (const { name, value, text } of words) {
    if (name === 'SIZE') {
      if (!/^\d{1,20}$/.test(value ?? '')) throw garbage(number, 'SIZE= with a number')
      sizeOctets = Number(value)
      if (preferred.has(name)) throw preferredInVain(number)
    } else {
      const keyword = keywords.get(name)
      const prefer = preferred.has(name)
      if (keyword === undefined && mailParameter(into, name, value, prefer, number)) continue
      further.push({ keyword: keyword ?? /^[^=]*/.exec(text)![0], text, ...(prefer ? { prefer } : {}) })
    }
  }
  if (further.length > 0) into.parameters = further
  if (flags.has(MARKERS.size)) {
    const size = flags.get(MARKERS.size)
    if (!/^\d{1,16}$/.test(size ?? '')) throw garbage(number, `${MARKERS.size}= with a number`)
    into.sizeOctets = Number(size)
  }
  if (flags.has(MARKERS.noUtf8)) into.smtpUtf8 = false
  if (flags.has(MARKERS.keepOrder)) into.keepOrder = true
  if (flags.has(MARKERS.asIs)) into.asIs = true
  if (flags.has(MARKERS.required)) throw garbage(number, `no ${MARKERS.required}, which belongs to RCPT`)
  if (into.holdForSeconds !== undefined && into.holdUntil !== undefined)
    throw garbage(number, 'HOLDFOR or HOLDUNTIL, not both')
  return { envelope: into, sizeOctets }
}

/**
 * A recipient; undefined for one that is done with, whose line begins with SENT or FAIL in place of RCPT.
 * @throws {SettingsError} `spool.garbage`
 */
export function readRcptLine(line: string, number: number): string | Recipient | undefined {
  const start = RCPT.exec(line)
  if (!start) throw garbage(number, 'RCPT TO:<mailbox>, DATA, or an empty line in front of the message')
  const { path, rest } = splitPath(line, start[0].length, number)
  const address = wireOf(path, number)
  if (!/^RCPT/i.test(line)) return undefined
  if (rest.trim() === '') return address
  const { words, flags, preferred, keywords } = marked(rest, number)
  const into: Writable<Recipient> = { address }
  const further: ExtraParameter[] = []
  for (const { name, value, text } of words) {
    const keyword = keywords.get(name)
    const prefer = preferred.has(name)
    if (keyword === undefined && rcptParameter(into, name, value, prefer, number)) continue
    further.push({ keyword: keyword ?? /^[^=]*/.exec(text)![0], text, ...(prefer ? { prefer } : {}) })
  }
  if (further.length > 0) into.parameters = further
  for (const [name] of flags) {
    if (name !== MARKERS.required) throw garbage(number, `no ${name}, which belongs to MAIL`)
    into.required = true
  }
  leaveOutImplied(into)
  return into
}

/** ORCPT= as NOTIFY= brings it with it is not said twice (RFC 3461 5.2.2). */
function leaveOutImplied(recipient: Writable<Recipient>): void {
  const { address, notify, originalRecipient } = recipient
  if (notify === undefined || originalRecipient === undefined) return
  const preferred = 'prefer' in originalRecipient
  const { type, address: original } = preferred ? originalRecipient.prefer : originalRecipient
  const implied = original === address && type === (/[^\x00-\x7f]/.test(address) ? 'utf-8' : 'rfc822')
  if (implied && preferred === 'prefer' in notify) delete recipient.originalRecipient
}

/** The path between the angle brackets, a ">" inside a quoted local part included, and what follows. */
function splitPath(line: string, start: number, number: number): { readonly path: string; readonly rest: string } {
  let quoted = false
  for (let at = start; at < line.length; at++) {
    const letter = line[at]
    if (letter === '"') quoted = !quoted
    else if (letter === '\\' && quoted) at++
    else if (letter === '>' && !quoted) {
      const rest = line.slice(at + 1)
      if (rest !== '' && !rest.startsWith(' ')) throw garbage(number, 'a space behind the angle bracket')
      return { path: line.slice(start, at), rest }
    }
  }
  throw garbage(number, 'a mailbox in angle brackets')
}

function wireOf(path: string, number: number): string {
  try {
    return parseMailbox(path, 'spool').wire
  } catch (error) {
    // its message shows the mailbox
    if (error instanceof PosthornError) throw garbage(number, `a mailbox in the angle brackets (${error.code})`)
    throw error
  }
}

/** A parameter as RFC 5321 4.1.2 has it; an original recipient may have characters outside US-ASCII (RFC 6533). */
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]{0,63})(?:=([!-<>-~\u0080-\u{10ffff}]+))?$/u
const MARKER_VALUES: ReadonlySet<string> = new Set([MARKERS.size])
const NAME_LIST = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}(?:,[A-Za-z0-9][A-Za-z0-9-]{0,63})*$/

function marked(rest: string, number: number): Marked {
  const words: Word[] = []
  const flags = new Map<string, string | undefined>()
  const preferred = new Set<string>()
  const keywords = new Map<string, string>()
  const seen = new Set<string>()
  const names = new Set<string>() // those that are no markers
  for (const text of rest.split(' ')) {
    if (text === '') continue
    const [, written, value] = PARAMETER.exec(text) ?? []
    const name = written?.toUpperCase()
    if (name === undefined || (name !== 'ORCPT' && /[^\x00-\x7f]/.test(text)))
      throw garbage(number, 'NAME or NAME=value as a parameter')
    if (seen.size === MAX_PARAMETERS) throw garbage(number, `at most ${MAX_PARAMETERS} parameters`)
    if (seen.has(name)) throw garbage(number, `each parameter once, and ${isKnown(name) ? name : 'one'} is there twice`)
    seen.add(name)
    if (name === MARKERS.prefer) {
      if (!NAME_LIST.test(value ?? '')) throw garbage(number, `${MARKERS.prefer}=NAME,NAME`)
      for (const each of value!.split(',')) preferred.add(each.toUpperCase())
    } else if (name === MARKERS.keyword) {
      for (const pair of (value ?? '').split(',')) {
        const [parameter = '', keyword = '', ...more] = pair.split(':')
        if (!NAME_LIST.test(parameter) || (keyword !== '' && !NAME_LIST.test(keyword)) || more.length > 0) {
          throw garbage(number, `${MARKERS.keyword}=NAME:KEYWORD,NAME:KEYWORD`)
        }
        keywords.set(parameter.toUpperCase(), keyword)
      }
    } else if (OWN.has(name)) {
      if ((value !== undefined) !== MARKER_VALUES.has(name)) throw garbage(number, `${name} as Posthorn writes it`)
      flags.set(name, value)
    } else {
      names.add(name)
      words.push({ name, value, text })
    }
  }
  for (const name of [...preferred, ...keywords.keys()]) {
    if (!names.has(name)) throw preferredInVain(number)
  }
  return { words, flags, preferred, keywords }
}

const OWN: ReadonlySet<string> = new Set<string>([
  ...[MARKERS.required, MARKERS.keepOrder, MARKERS.asIs, MARKERS.size, MARKERS.noUtf8],
])
function isKnown(name: string): boolean {
  return KNOWN_PARAMETERS.mail.has(name) || KNOWN_PARAMETERS.rcpt.has(name)
}

function preferredInVain(number: number) {
  return garbage(
    number,
    `${MARKERS.prefer} and ${MARKERS.keyword} to name parameters of that line that can be left out`,
  )
}
