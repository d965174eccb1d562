import type { ProfileDraft } from '../report.js'
import { absent, placeOf, type Entry, type SiteSource } from './entries.js'
import { parseOtherHeaders, type OtherHeaders } from './other-headers.js'
import { oneOf, wholeNumber } from './written-value.js'

/** What the XML file says besides TLS, certificates and the way through a firewall. @throws {SettingsError} `import.format` */
export function takeExtras(draft: ProfileDraft, { elements, of }: SiteSource): void {
  const extensions = elements.get('AllowExtensions')
  if (extensions) takeExtensions(draft, extensions)
  takeTimeout(draft, elements.get('Timeout'), of)
  const name = elements.get('FullyQualifiedDomainName')
  if (name) draft.take(placeOf(name), [['identity.localName', name.value]])
  const fields = elements.get('OtherHeaders')
  if (fields) takeFields(draft, fields)
}

function takeExtensions(draft: ProfileDraft, entry: Entry): void {
  const allowed = oneOf(entry, { True: true, False: false }, { 0: false, 1: true })
  const needs =
    draft.get('security') === 'starttls' ? 'STARTTLS' : draft.has('credentials.user') ? 'the login' : undefined
  const note =
    allowed || needs === undefined
      ? undefined
      : `${needs} needs extensions: no session will come about, and nothing goes out in the clear`
  draft.take(placeOf(entry), [['relay.extensions', allowed]], 'taken', note)
}

/** What ILLiad waits without traffic when its file does not say it. */
export const USUAL_TIMEOUT_SECONDS = 60
/** What a timer of JavaScript can wait. */
export const MAX_TIMEOUT_SECONDS = Math.floor((2 ** 31 - 1) / 1000)
/** How long the reply to the end of the content is waited for in any case: giving up there makes duplicates. */
export const FINAL_MS = 600_000

/**
 * The limit is one on inactivity, from connecting on; there is none on the whole of a message. With 0 nothing ends by itself.
 */
function takeTimeout(draft: ProfileDraft, entry: Entry | undefined, of: string | undefined): void {
  const seconds = entry ? wholeNumber(entry, 0, Number.MAX_SAFE_INTEGER) : USUAL_TIMEOUT_SECONDS
  const endless = seconds > MAX_TIMEOUT_SECONDS
  const idleMs = endless ? 0 : seconds * 1000
  const final = idleMs === 0 || idleMs > FINAL_MS ? ([['timeouts.finalMs', idleMs]] as const) : []
  const settings = [
    ['timeouts.connectMs', idleMs],
    ['timeouts.idleMs', idleMs],
    ...final,
    ['timeouts.totalMs', 0],
  ] as const
  if (!entry) draft.take(absent('Timeout', of), settings, 'defaulted', `it is ${seconds} seconds without traffic`)
  else if (endless)
    draft.take(placeOf(entry), settings, 'changed', 'it is longer than a timer can wait: there is no limit')
  else draft.take(placeOf(entry), settings, 'taken', seconds === 0 ? 'there is no limit' : undefined)
}

/** Fields that a message cannot have twice, and that no profile can say for all of them (RFC 5322 3.6, RFC 2045 3). */
const OF_EACH_MESSAGE = /^(?:to|cc|bcc|date|message-id|in-reply-to|references|mime-version|content-.*)$/i
/** Those that stay even where others take the place of all: without them the body cannot be read. */
const OF_THE_BODY = /^(?:mime-version|content-.*)$/i

/** What was read of an entry: the sites share it. */
const READ = new WeakMap<Entry, OtherHeaders>()

function otherHeadersOf(entry: Entry): OtherHeaders {
  const read = READ.get(entry) ?? parseOtherHeaders(entry.value)
  READ.set(entry, read)
  return read
}

function takeFields(draft: ProfileDraft, entry: Entry): void {
  const { fields: written, only, broken, gap } = otherHeadersOf(entry)
  if (broken.length > 0) {
    const which = broken.slice(0, 10).join(', ')
    draft.say(placeOf(entry), 'lost', `no header field stands in line ${which} of its text`)
  }
  const fields = written.filter(({ name }) => !(only ? OF_THE_BODY : OF_EACH_MESSAGE).test(name))
  if (fields.length < written.length) {
    const names = written.filter((each) => !fields.includes(each)).map(({ name }) => name)
    const [first] = new Set(names)
    const others = new Set(names).size > 1 ? ' and others' : ''
    draft.say(placeOf(entry), 'lost', `${first}${others}: each message has its own, and a second one would break it`)
  }
  if (fields.length === 0) return
  const notes = [
    ...(only
      ? ['it begins with an empty line, so that its fields take the place of From, To, Subject and all others']
      : []),
    ...(gap ? ['an empty line between the fields is left out: it would end the header section'] : []),
  ]
  const note = notes.length > 0 ? notes.join('; ') : undefined
  const values = [['headers.fields', fields], ...(only ? ([['headers.fieldsOnly', true]] as const) : [])] as const
  draft.take(placeOf(entry), values, gap ? 'changed' : 'taken', note)
}
