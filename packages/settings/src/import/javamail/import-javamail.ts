import type { Import, ImportSource, ReportLine } from '../import.js'
import { concluded } from '../conclude.js'
import { malformed, missing, ProfileDraft } from '../report.js'
import { applyJavaMailProperties } from './apply-javamail-properties.js'
import type { JavaMailEntry } from './javamail-properties.js'
import { mailEntries, withoutPlaceholders } from './mail-entries.js'
import { readProperties } from './properties-file.js'
import { transportOf } from './transport-property.js'

/** What a Java program may give in code, and a file must. */
const FILE = 'JavaMail file (Java programs often keep it in code)'

/**
 * The profile that a `.properties` file describes.
 * @throws {SettingsError} `import.format`, and `import.missing` when a login is asked for and nobody is named, or the server is not there
 */
export function importJavaMail(source: ImportSource): Import {
  const all = readProperties(source)
  const report: ReportLine[] = []
  const draft = new ProfileDraft(report)
  const transport = transportOf(all, draft)
  const entries = mailEntries(all, transport, draft)
  if (entries.length === 0) {
    const hint = 'They begin with mail.smtp. or mail.smtps., and are compared letter by letter.'
    throw malformed(source.name ?? 'the properties', 'has no property of JavaMail', hint)
  }
  const { given, left } = withoutPlaceholders(entries, draft)
  const outcome = applyJavaMailProperties(draft, given, { transport })
  const lacking = [
    ...(outcome.loginWithoutName ? [`mail.${transport}.user`, `mail.${transport}.password`] : []),
    ...(!draft.has('relay.host') && [...given, ...left].some(isHost) ? [`mail.${transport}.host`] : []),
  ]
  if (lacking.length > 0) throw missing(lacking, FILE)
  if (!draft.has('relay.host')) {
    const note = 'JavaMail connects to its own host when the properties name none; Java programs often do so in code'
    draft.take({ entry: `mail.${transport}.host` }, [['relay.host', 'localhost']], 'defaulted', note)
  }
  if (!draft.has('timeouts.idleMs')) {
    const note = "JavaMail waits for ever where no limit is set; Posthorn's own limits hold"
    draft.say({ entry: `mail.${transport}.timeout` }, 'changed', note)
  }
  const name = /^([\w-]{1,90})(?:\.[\w-]{1,15})?$/.exec(source.name ?? '')?.[1] ?? 'javamail'
  return {
    profiles: [{ name, profile: concluded(draft, { format: FILE, host: `mail.${transport}.host` }) }],
    report: inOrder(report),
  }
}

const isHost = ({ name, value }: JavaMailEntry) => /^mail\.(?:smtps?\.)?host$/.test(name) && value.trim() !== ''

/** In the order of the lines; what was left out of the file comes last. */
function inOrder(report: readonly ReportLine[]): ReportLine[] {
  return [...report].sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0)
}
