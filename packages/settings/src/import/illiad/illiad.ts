import type { Profile } from '../../profile/profile.js'
import { valueAt } from '../../values.js'
import type { Import, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { ProfileDraft } from '../report.js'
import type { SiteSource } from './entries.js'
import { exportIlliad } from './export.js'
import { readFolder } from './read-folder.js'
import { looksLikeKeys } from './read-keys.js'
import { looksLikeMailSettings } from './read-mail-settings.js'
import { overlaid } from './site-overlays.js'
import { siteSources } from './site-sources.js'
import { takeCertificates } from './take-certificates.js'
import { takeConnection } from './take-connection.js'
import { takeExtras } from './take-extras.js'
import { takeFirewall } from './take-firewall.js'
import { takeSender } from './take-sender.js'

/**
 * ILLiad: the keys of System | EMail out of the Customization Manager (CSV, or lines `Key=Value`), `SMTP.config`, and a file `CODE.config` for
 * a site, which counts in its place. The text is one of them, the others are looked for among the files beside it.
 */
export const illiad: ImportFormat = {
  name: 'illiad',
  says: 'ILLiad: customization keys of System | EMail (CSV or key=value) with SMTP.config and the files of sites',
  recognises: ({ text }) => looksLikeMailSettings(text) || looksLikeKeys(text),
  import: importIlliad,
  export: exportIlliad,
}

function importIlliad(source: ImportSource): Import {
  const report: ReportLine[] = []
  const { rows, files, unread } = readFolder(source, report)
  const sources = siteSources(rows, files, report)
  const base = wholeProfile(sources.base, report)
  const whole = new Map(
    sources.sites.map((site) => {
      const lines: ReportLine[] = []
      return [site.of, { profile: wholeProfile(site, lines), lines }] as const
    }),
  )
  const profiles = new Map([...whole].map(([code, { profile }]) => [code, profile]))
  const { profile, sites, moved } = overlaid(base, profiles, sources.baseCode)
  const shown = [...report.map((line) => movedLine(line, moved, sources.baseCode)), ...unread]
  let reported = files.shared === undefined || sources.base.elements === files.shared
  for (const site of sources.sites) {
    const first = !reported && site.elements === files.shared
    reported ||= first
    const { lines } = whole.get(site.of)!
    shown.push(...lines.filter((line) => isOwn(line, site.of, sites[site.of]!) || (first && isOf(line, files.shared))))
  }
  if (!reported)
    shown.push({
      verdict: 'ignored',
      entry: 'SMTP.config',
      note: 'every site has a file of its own, which counts in its place',
    })
  return {
    profiles: [{ name: 'illiad', profile, ...(Object.keys(sites).length > 0 ? { sites } : {}) }],
    report: inOrder(shown, [undefined, ...whole.keys()]),
  }
}

/** The whole way out of one site. @throws {SettingsError} `import.format` */
function wholeProfile(source: SiteSource, report: ReportLine[]): Profile {
  const draft = new ProfileDraft(report)
  takeConnection(draft, source)
  takeSender(draft, source)
  takeExtras(draft, source)
  takeFirewall(draft, source)
  takeCertificates(draft, source)
  return draft.profile
}

/** A line that is said again for a site only because it shares the entry with all; or a default that is the same there. */
function isOwn({ of, line, settings = [] }: ReportLine, site: string, overlay: Profile): boolean {
  return of === site && (line !== undefined || settings.some((path) => valueAt(overlay, path) !== undefined))
}

const isOf = ({ line, file }: ReportLine, elements: SiteSource['elements']) =>
  [...elements.values()].some((entry) => entry.line === line && entry.file === file)

function movedLine(line: ReportLine, moved: ReadonlySet<string>, baseCode: string | undefined): ReportLine {
  if (!line.settings?.some((path) => moved.has(path))) return line
  const others = `a site goes without it, and nothing takes it back there: it is said for each site that has it instead`
  const rest = baseCode === undefined ? '; mail of no site goes without it' : ''
  return { ...line, verdict: 'changed', note: `${line.note === undefined ? '' : `${line.note}; `}${others}${rest}` }
}

/** What holds for all first, then site by site; within, file by file and line by line, and what is left out there last. */
function inOrder(lines: readonly ReportLine[], sites: readonly (string | undefined)[]): ReportLine[] {
  const files = [...new Set(lines.map(({ file }) => file))]
  const rank = new Map(sites.map((site, index) => [site, index]))
  const keys = new Map(
    lines.map((each) => [
      each,
      [rank.get(each.of) ?? 0, files.indexOf(each.file), each.line ?? Number.MAX_SAFE_INTEGER],
    ]),
  )
  return [...lines].sort((one, other) => {
    const [a, b] = [keys.get(one)!, keys.get(other)!]
    return a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!
  })
}
