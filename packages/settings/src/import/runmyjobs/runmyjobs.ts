import { applyJavaMailProperties } from '../javamail/apply-javamail-properties.js'
import { authorValues } from '../javamail/delivery-properties.js'
import type { Import, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { concluded } from '../conclude.js'
import type { Profile } from '../../profile/profile.js'
import { bounded, malformed, missing, ProfileDraft } from '../report.js'
import { readCredentialFiles } from './credential-files.js'
import { type MailFolder, mailFolder } from './mail-folder.js'
import { matchingCredential } from './matching-credential.js'
import { applyRegistry } from './registry-values.js'
import { readLines } from './registry-lines.js'
import { readPropertiesOf } from './registry-properties.js'
import { readRegistryXml } from './registry-xml.js'
import type { Registry } from './registry.js'

/**
 * The Mail Module of RunMyJobs (Redwood Server): an export of its configuration registry, as lines of path and value or as XML, with the
 * credentials in it or in files beside it. See `readLines` and `readRegistryXml` for the shapes.
 */
export const runmyjobs: ImportFormat = {
  name: 'runmyjobs',
  says: 'RunMyJobs (Redwood): the registry entries of /configuration/mail, as path=value lines or XML, with credentials',
  recognises: ({ text }) =>
    /^[ \t]{0,80}\/configuration\/mail\//m.test(text) ||
    /^[ \t]{0,80}\[System_Mail_Configure\]/m.test(text) ||
    (text.trimStart().startsWith('<') &&
      /configuration/.test(text) &&
      /\bmail\b/.test(text) &&
      /JavaMail|Server|From/.test(text)),
  import: importRegistry,
}

/** @throws {SettingsError} `import.format`, `import.missing` when neither Server nor From is there */
function importRegistry(source: ImportSource): Import {
  const tree = readSource(source)
  const report: ReportLine[] = []
  const draft = new ProfileDraft(report)
  for (const { place, verdict, note } of tree.others) draft.say(place, verdict, note)
  const folder = mailFolder(tree.entries, draft)
  const discover = applyServer(folder, draft)
  const transport = applyRegistry(folder, draft)
  const server = folder.values.get('Server')?.value
  const login = matchingCredential(tree.credentials, { server, user: folder.values.get('User') }, draft)
  const { entries, implicit } = readPropertiesOf(folder.properties, transport, folder.values.get('Port')?.value)
  const named = login.map((entry) => ({ ...entry, name: `mail.${transport}.${entry.name}` }))
  applyJavaMailProperties(draft, [...entries, ...named], {
    transport,
    implicit,
    defaultPort: (security) => (security === 'implicit' ? 465 : security === 'none' ? 25 : 587),
    connectionDefaults: discover === undefined,
    authByDefault: login.length > 0,
    ignored: { 'mail.smtp.host': NO_HOST, 'mail.host': NO_HOST, 'mail.transport.protocol': 'Transport says it' },
    decided: (setting) => `the registry says ${setting} itself, and wins`,
  })
  const profile = wholeProfile(draft, report, discover !== undefined)
  const found = { name: 'runmyjobs', profile, ...(discover === undefined ? {} : { discover }) }
  return { profiles: [found], report: inOrder(report) }
}

/** With a name in place of the server that is not known yet: the rest must fit by itself. */
function wholeProfile(draft: ProfileDraft, report: ReportLine[], isLookedFor: boolean): Profile {
  if (isLookedFor && draft.take({ entry: '' }, [['relay.host', 'looked-for.invalid']])) report.pop()
  const profile = concluded(draft, { format: 'registry export', host: '/configuration/mail/Server' })
  if (!isLookedFor) return profile
  draft.drop('relay.host')
  return draft.profile
}

const NO_HOST = 'has no effect; the server is /configuration/mail/Server'

function readSource(source: ImportSource): Registry {
  const found: Registry = { entries: [], credentials: [], others: [] }
  const text = bounded(source.text, source.name ?? 'the registry export')
  if (text.trimStart().startsWith('<')) readRegistryXml(text, undefined, found)
  else readLines(text, undefined, found)
  if (found.entries.length === 0) {
    const hint = 'It has lines such as /configuration/mail/Server = smtp.example.com, or the same as XML.'
    throw malformed(source.name ?? 'the registry export', 'has no entry of the registry', hint)
  }
  readCredentialFiles(source, found)
  return found
}

/** The server, or the address whose domain decides it. */
function applyServer({ values }: MailFolder, draft: ProfileDraft): string | undefined {
  const [server, from] = [values.get('Server'), values.get('From')]
  if (from) draft.take(from.place, authorValues(from.value))
  if (server) draft.take(server.place, [['relay.host', server.value]])
  if (draft.has('relay.host')) return undefined
  const author = draft.get('sender.from')
  if (server || typeof author !== 'string') {
    throw missing(['/configuration/mail/Server', ...(from ? [] : ['/configuration/mail/From'])], 'registry export')
  }
  const note = 'no server is named: it is looked for by the domain of From, with its port and TLS'
  draft.say({ entry: '/configuration/mail/Server' }, 'defaulted', note)
  return author
}

/** The export by its lines, then the files beside it, then what was left out of both. */
function inOrder(report: readonly ReportLine[]): ReportLine[] {
  const rank = ({ file, line }: ReportLine) =>
    line === undefined && file === undefined ? 2 : file === undefined ? 0 : 1
  const byFile = (a: ReportLine, b: ReportLine) => (a.file === b.file ? 0 : (a.file ?? '') < (b.file ?? '') ? -1 : 1)
  return [...report].sort((a, b) => rank(a) - rank(b) || byFile(a, b) || (a.line ?? 0) - (b.line ?? 0))
}
