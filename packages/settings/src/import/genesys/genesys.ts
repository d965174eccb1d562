import type { Import, ImportedProfile, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { malformed, missing } from '../report.js'
import { readExport } from './applications.js'
import { profileFromSection } from './client-section.js'
import { shownOption, shownSection } from './option-names.js'
import { isClientSection, type GenesysApplication, type GenesysOption, type GenesysSection } from './section.js'

/** More ways out are no configuration. */
const MAX_PROFILES = 1000

/**
 * Options of Genesys E-mail Server: every section `[smtp-client]` or `[smtp-client-<name>]` of every Application becomes a profile, with
 * the sections `[secret-<name>]` and `[proxy]` beside it. Read are options files (`[section]`, `option = value`), JSON and XML; see
 * `applicationsFromLines`, `applicationsFromJson` and `applicationsFromXml` for their shapes.
 *
 * The option of the section counts before the JavaMail property it controls, and that before the default, which is Genesys' own: port 25 in
 * the clear. `server-type` decides which options count, `enable-authentication` whether there is a login.
 */
export const genesys: ImportFormat = {
  name: 'genesys',
  says: 'Genesys E-mail Server: the section [smtp-client] as an options file, JSON or XML',
  recognises: ({ text }) => {
    const begin = text.slice(0, 200_000)
    return (
      /^\s{0,100}\[smtp-client[^\]\n]{0,100}\]/im.test(begin) ||
      (/^[\ufeff\s]{0,100}[<{[]/.test(begin) && /(?:["']|<)smtp-client/i.test(begin))
    )
  },
  import: importGenesys,
}

interface Found {
  readonly application: GenesysApplication
  readonly section: GenesysSection
}

function importGenesys(source: ImportSource): Import {
  const { applications, unread } = readExport(source)
  const found: Found[] = applications.flatMap((application) =>
    application.sections.filter(({ name }) => isClientSection(name)).map((section) => ({ application, section })),
  )
  const entry = source.name ?? 'the options'
  if (found.length === 0) {
    throw malformed(entry, 'has no section [smtp-client]', 'Export the options of the E-mail Server Application.')
  }
  if (found.length > MAX_PROFILES)
    throw malformed(entry, `has more than ${MAX_PROFILES} sections [smtp-client]`, 'Import fewer of them at a time.')
  const report: ReportLine[] = unread.map((line) => ({
    verdict: 'unknown',
    entry: 'a line',
    line,
    note: 'it is neither a section nor an option',
  }))
  const said = new Set<GenesysOption>()
  const names = distinctNames(found)
  const profiles: ImportedProfile[] = []
  const lacking: string[] = []
  for (const [index, { application, section }] of found.entries()) {
    const of = found.length > 1 ? names[index]! : undefined
    const proxy = application.sections.find(({ name }) => /^proxy$/i.test(name))
    const secret = (name: string) => secretSection(application, applications, name)
    const own: ReportLine[] = []
    const result = profileFromSection({ section, of, proxy, secret, report: own, said })
    report.push(...own.map((line) => (of === undefined ? line : { ...line, of })))
    if ('profile' in result) profiles.push({ name: names[index]!, profile: result.profile })
    else lacking.push(...result.missing.map((option) => (of === undefined ? option : `${of}, ${option}`)))
  }
  if (lacking.length > 0) throw missing(lacking, 'section [smtp-client]')
  for (const application of applications) sayOthers(application, said, report)
  return { profiles, report: inOrder(report) }
}

/** In the same Application, else in any other: an export may hold the sections one by one. */
function secretSection(
  own: GenesysApplication,
  all: readonly GenesysApplication[],
  name: string,
): GenesysSection | undefined {
  const wanted = `secret-${name}`.toLowerCase()
  const sections = [own, ...all].flatMap((application) => application.sections)
  return sections.find((section) => section.name.toLowerCase() === wanted)
}

/** What stands beside the sections of outgoing mail. */
function sayOthers({ sections }: GenesysApplication, said: ReadonlySet<GenesysOption>, report: ReportLine[]): void {
  for (const { name, options } of sections) {
    if (isClientSection(name)) continue
    for (const option of options) {
      if (said.has(option)) continue
      const entry = `[${shownSection(name)}] ${shownOption(option.name)}`
      const note = /^secret-/i.test(name) ? UNUSED : /^proxy$/i.test(name) ? OF_NONE : OTHER
      report.push({ verdict: 'ignored', entry, ...(option.line === undefined ? {} : { line: option.line }), note })
    }
  }
}

const UNUSED = 'no section [smtp-client] needs it'
const OF_NONE =
  'it belongs to no section [smtp-client]: there is none beside it, or another section [proxy] comes first'
const OTHER = 'it is not about outgoing mail'

/** Lines of the text first, in their order, then what has no line of its own. */
function inOrder(report: readonly ReportLine[]): ReportLine[] {
  return [...report].sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0)
}

/** The name of the section, with that of its Application when there is one, each once. */
function distinctNames(found: readonly Found[]): string[] {
  const taken = new Set<string>()
  return found.map(({ application, section }) => {
    const alone = found.filter((other) => other.application === application).length === 1
    const words =
      application.name === undefined ? [section.name] : alone ? [application.name] : [application.name, section.name]
    const name = words.map((word) => profileName(word)).join(' ')
    let distinct = name
    for (let number = 2; taken.has(distinct.toLowerCase()); number++) distinct = `${name} ${number}`
    taken.add(distinct.toLowerCase())
    return distinct
  })
}

/** What can be the name of a file, too. */
function profileName(text: string): string {
  const name = text
    .replace(/[^\p{L}\p{N}._ -]/gu, '-')
    .trim()
    .slice(0, 60)
  return /[\p{L}\p{N}]/u.test(name) ? name : 'smtp-client'
}
