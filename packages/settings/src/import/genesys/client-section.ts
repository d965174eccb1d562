import { valueProblems } from '../../check-profile.js'
import type { Profile } from '../../profile/profile.js'
import { SETTINGS } from '../../table.js'
import { concluded } from '../conclude.js'
import type { ReportLine, Verdict } from '../import.js'
import { malformed, ProfileDraft, type Place } from '../report.js'
import type { GenesysOption, GenesysSection } from './section.js'
import { applyMailProperties, propertyName } from './mail-properties.js'
import { isTokenSwitch, mechanismsOf, missingOptions, modeOf, type GenesysMode } from './mode.js'
import { NAMES, shownOption, shownSection, unknownOption } from './option-names.js'
import { OPTIONS, type OptionFacts } from './options.js'
import { applyProxySection } from './proxy-section.js'

/** A section to be read, and what belongs to it. */
export interface ClientSection {
  readonly section: GenesysSection
  /** What the profile is called in messages, when there are several. */
  readonly of: string | undefined
  /** [proxy] of the same Application. */
  readonly proxy: GenesysSection | undefined
  /** The section [secret-<name>], without regard to case. */
  readonly secret: (name: string) => GenesysSection | undefined
  readonly report: ReportLine[]
  /** Options of the sections beside it that are in a report; what is reported here is added. */
  readonly said: Set<GenesysOption>
}

/** What became of a section: a profile, or what it lacks for one. */
export type ClientProfile = { readonly profile: Profile } | { readonly missing: readonly string[] }

/** Other names of options, in the documents themselves. */
const ALIASES = new Map([
  ['type', 'server-type'],
  ['mailbox', 'user'],
])
const SECRET_BY_DEFAULT = 'smtp'

/**
 * One profile from a section: what is written, and for the rest what Genesys does by default.
 * @throws {SettingsError} `import.format` naming the option that has a value it cannot have
 */
export function profileFromSection(source: ClientSection): ClientProfile {
  return new SectionReader(source).read()
}

class SectionReader {
  readonly #source: ClientSection
  readonly #draft: ProfileDraft
  readonly #options: ReadonlyMap<string, GenesysOption>
  readonly #mode: GenesysMode

  constructor(source: ClientSection) {
    this.#source = source
    this.#draft = new ProfileDraft(source.report)
    this.#options = this.#distinct(source.section.options)
    this.#mode = modeOf((name) => this.#value(name))
  }

  read(): ClientProfile {
    const secretName = this.#value('secret') ?? SECRET_BY_DEFAULT
    const missing = missingOptions(this.#mode, (name) => this.#value(name))
    const google = this.#mode.tokens === 'google'
    const secret = google ? this.#source.secret(secretName) : undefined
    if (google && this.#mode.login && !secretOption(secret)) missing.push(`[secret-${secretLike(secretName)}] password`)
    if (missing.length > 0) return { missing }
    const { smtp, security } = this.#readOptions(secretName)
    if (secret) this.#takeSecret(secret)
    this.#writeDefaults(security)
    applyProxySection(this.#draft, this.#source.proxy)
    for (const option of this.#source.proxy?.options ?? []) this.#source.said.add(option)
    if (this.#mode.transport === 'smtp') applyMailProperties(this.#draft, smtp, this.#mode)
    return { profile: this.#conclude() }
  }

  /** The options by the name they count under; of two that are alike the last one counts. */
  #distinct(options: readonly GenesysOption[]): ReadonlyMap<string, GenesysOption> {
    const distinct = new Map<string, GenesysOption>()
    for (const option of options) {
      const name = propertyName(option.name) ?? option.name.toLowerCase()
      const earlier = distinct.get(name)
      if (earlier) this.#say(earlier, 'ignored', 'it stands there again, and the last one counts')
      distinct.set(name, option)
    }
    for (const [alias, name] of ALIASES) {
      const option = distinct.get(alias)
      if (!option) continue
      if (distinct.has(name)) this.#say(option, 'ignored', `${name} stands there, too, and counts`)
      else distinct.set(name, option)
      distinct.delete(alias)
    }
    return distinct
  }

  #value(name: string): string | undefined {
    const value = this.#options.get(name)?.value
    return value === '' ? undefined : value
  }

  /** Reads what is written; gives back what JavaMail is to read, and whether the security stands among it or in an option. */
  #readOptions(secretName: string): { smtp: GenesysOption[]; security: boolean } {
    const smtp: GenesysOption[] = []
    for (const [name, option] of this.#options) {
      const facts = OPTIONS.get(name)
      if (option.value === undefined) this.#say(option, 'lost', 'it is neither text nor a number')
      else if (facts) this.#readOption(name, option, facts)
      else if (name === 'secret') this.#readSecretName(option, secretName)
      else if (isTokenSwitch(name, option.value, this.#mode.transport)) this.#readTokenSwitch(option)
      else if (propertyName(option.name) === undefined) this.#sayUnknown(option)
      else this.#readProperty(name, option, smtp)
    }
    return { smtp, security: smtp.some(({ name }) => /\.(?:starttls\.|ssl\.enable$|socketFactory\.class$)/.test(name)) }
  }

  #readOption(name: string, option: GenesysOption, facts: OptionFacts): void {
    const text = option.value!
    const unused = facts.unused?.(this.#mode)
    if (unused !== undefined) this.#say(option, 'ignored', unused)
    else if (text === '' && name !== 'exchange-version')
      this.#say(option, 'ignored', 'it is empty, so the default counts')
    else this.#takeOption(name, this.#place(option), text, facts, undefined)
  }

  #takeOption(name: string, place: Place, text: string, facts: OptionFacts, verdict: Verdict | undefined): void {
    const reading = facts.read(text, this.#mode, verdict === undefined)
    if ('problem' in reading) throw this.#refused(name, reading.problem, reading.fix)
    for (const [path, value] of reading.settings) {
      const [problem] = valueProblems(SETTINGS.get(path)!, value)
      if (problem) throw this.#refused(name, problem.problem, problem.fix)
    }
    const notes = [reading.note, verdict === undefined ? laterNote(facts, reading.settings) : undefined]
    const note = notes.filter((each) => each !== undefined).join('; ')
    const said = note === '' ? undefined : note
    if (reading.settings.length === 0) this.#draft.say(place, verdict ?? 'taken', said)
    else this.#draft.take(place, reading.settings, verdict ?? (reading.changed ? 'changed' : 'taken'), said)
  }

  #readSecretName(option: GenesysOption, name: string): void {
    if (this.#mode.tokens !== 'google') return this.#say(option, 'ignored', 'it counts for tokens of Google only')
    if (/\s/.test(name))
      throw this.#refused('secret', 'has blanks in it', 'Write the name of a section [secret-<name>].')
    this.#say(option, 'taken', `the section [secret-${secretLike(name)}] has the secret`)
  }

  #takeSecret(section: GenesysSection): void {
    if (!this.#options.has('secret'))
      this.#draft.say({ entry: 'secret' }, 'defaulted', `the section [secret-${SECRET_BY_DEFAULT}] counts`)
    const option = secretOption(section)
    if (!option) return
    const entry = `[${shownSection(section.name)}] password`
    this.#source.said.add(option)
    this.#draft.take({ entry, ...line(option) }, [['oauth2.clientSecret', option.value]])
  }

  #readTokenSwitch(option: GenesysOption): void {
    const others = mechanismsOf(option.value!).length > 1
    const note = others ? 'the password is for XOAUTH2, so the other mechanisms are left out' : undefined
    if (this.#mode.transport === 'smtp') {
      this.#draft.take(this.#place(option), [['credentials.mechanism', 'XOAUTH2']], others ? 'changed' : 'taken', note)
    } else this.#say(option, 'taken', 'Exchange gets access tokens')
  }

  #readProperty(name: string, option: GenesysOption, smtp: GenesysOption[]): void {
    const { transport } = this.#mode
    if (/^mail\.(?:imaps?|pop3s?)\./.test(name)) this.#say(option, 'ignored', 'it is about incoming mail')
    else if (/^mail\.ews\./.test(name) && transport === 'ews') this.#sayUnknown(option)
    else if (/^mail\.ews\./.test(name)) this.#say(option, 'ignored', 'it counts for server-type EWS only')
    else if (transport !== 'smtp') this.#say(option, 'ignored', 'it counts for server-type SMTP only')
    else smtp.push({ ...option, name })
  }

  #sayUnknown(option: GenesysOption): void {
    const { entry, note } = unknownOption(option.name)
    this.#draft.say({ ...this.#place(option), entry }, 'unknown', note)
  }

  #writeDefaults(propertiesSecure: boolean): void {
    for (const [name, facts] of OPTIONS) {
      const written = this.#options.get(name)?.value
      if (written !== undefined && (written !== '' || name === 'exchange-version')) continue
      if (facts.default === undefined || facts.unused?.(this.#mode) !== undefined) continue
      if (name === 'smtp-connection-security' && propertiesSecure) continue // JavaMail's say it then
      this.#takeOption(name, { entry: name }, facts.default, facts, 'defaulted')
    }
    const { tokens, grant, transport } = this.#mode
    if (tokens !== undefined && !this.#draft.has('oauth2.grant'))
      this.#draft.take({ entry: 'grant-type' }, [['oauth2.grant', grant]], 'defaulted')
    if (transport !== 'smtp') return
    const note = 'only the steps of a message are limited, not the whole'
    this.#draft.take({ entry: 'time of a message' }, [['timeouts.totalMs', 0]], 'defaulted', note)
  }

  #conclude(): Profile {
    return concluded(this.#draft, {
      format: `section [${shownSection(this.#source.section.name)}]`,
      host: 'server',
      clearLogin: 'E-mail Server',
    })
  }

  #refused(option: string, problem: string, fix: string): Error {
    const { of } = this.#source
    return malformed(of === undefined ? option : `${of}, ${option}`, problem, fix)
  }

  #say(option: GenesysOption, verdict: Verdict, note: string): void {
    this.#draft.say(this.#place(option), verdict, note)
  }

  #place(option: GenesysOption): Place {
    const { name } = option
    const known = NAMES.includes(name.toLowerCase()) || ALIASES.has(name.toLowerCase())
    return { entry: known ? name : shownOption(name), ...line(option) }
  }
}

/** Whoever writes the secret itself where the name of its section is expected does not find it in a message. */
const secretLike = (name: string) => (/^[a-z][a-z-]{0,19}$/.test(name) ? name : '...')
const secretOption = (section: GenesysSection | undefined) =>
  section?.options.findLast(
    ({ name, value }) => name.toLowerCase() === 'password' && value !== undefined && value !== '',
  )
const line = (option: GenesysOption) => (option.line === undefined ? {} : { line: option.line })

/** Says so when Genesys takes a change over earlier than a profile does. */
function laterNote(
  { takesEffect }: OptionFacts,
  settings: readonly (readonly [string, unknown])[],
): string | undefined {
  if (takesEffect === 'At start/restart' || takesEffect === 'At restart') return undefined
  const later = settings.some(([path]) => SETTINGS.get(path)?.effect === 'start')
  if (!later) return undefined
  const when = takesEffect === 'See the description' ? 'with the next token' : lowerFirst(takesEffect)
  return `Genesys takes a change over ${when}, here it counts when the profile is loaded anew`
}

const lowerFirst = (text: string) => `${text[0]!.toLowerCase()}${text.slice(1)}`
