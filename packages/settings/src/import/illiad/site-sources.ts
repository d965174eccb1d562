import type { ReportLine } from '../import.js'
import { malformed, missing } from '../report.js'
import { placeOf, type ElementName, type Entry, type KeyName, type SiteSource } from './entries.js'
import type { KeyRow } from './read-keys.js'

/** The XML files of the folder. */
export interface MailSettingsFiles {
  /** `SMTP.config`. */
  readonly shared?: ReadonlyMap<ElementName, Entry> | undefined
  /** By the code of the site in lower case; `code` as it is spelled in the name of the file. */
  readonly own: ReadonlyMap<string, { readonly code: string; readonly elements: ReadonlyMap<ElementName, Entry> }>
}

/** What decides for the mail of all, and for that of each site that has anything of its own. */
export interface SiteSources {
  /** The site the base is that of, when it is one's. */
  readonly baseCode?: string | undefined
  readonly base: SiteSource
  readonly sites: readonly (SiteSource & { readonly of: string })[]
}

/** The code of the site that every ILLiad has. */
const USUAL_SITE = 'ILL'
const MAX_SITES = 1000

/** A server and its login go together: what one site says of its own server is not completed from another, whose password it would get. */
const CONNECTION: readonly KeyName[] = ['EMailSMTPServer', 'EMailSMTPPort', 'EMailSecure', 'SMTPUserID', 'SMTPPassword']

/**
 * Which keys and which file count for whom. The keys without a site are those of all; without such keys those of `ILL` are, and without
 * those the base is the first site and nothing is shared. A site adds its keys to those of all; one with a server of its own takes no part of the
 * connection from there. Its own file counts in place of `SMTP.config`, not beside it, for the site the base is that of, too.
 * @throws {SettingsError} `import.missing` naming all that is missing anywhere, `import.format` for more than 1000 sites
 */
export function siteSources(rows: readonly KeyRow[], files: MailSettingsFiles, report: ReportLine[]): SiteSources {
  const codes = new Map<string, string>()
  for (const code of [...rows.map(({ site }) => site), ...[...files.own.values()].map(({ code }) => code)]) {
    if (code !== '' && !codes.has(code.toLowerCase())) codes.set(code.toLowerCase(), code)
  }
  if (codes.size > MAX_SITES)
    throw malformed('NVTGC', `has more than ${MAX_SITES} codes`, 'Import fewer sites at once.')
  const bySite = new Map<string, KeyRow[]>()
  for (const row of rows) {
    const code = row.site.toLowerCase()
    const list = bySite.get(code)
    if (list) list.push(row)
    else bySite.set(code, [row])
  }
  const base = bySite.has('')
    ? ''
    : bySite.has(USUAL_SITE.toLowerCase())
      ? USUAL_SITE.toLowerCase()
      : (rows[0]?.site.toLowerCase() ?? '')
  const shares = base === '' || base === USUAL_SITE.toLowerCase()
  const general = lastOfEach(bySite.get(base) ?? [], undefined, report)
  const elementsOf = (code: string) => files.own.get(code)?.elements ?? files.shared ?? new Map<ElementName, Entry>()
  const sites = [...codes].flatMap(([code, spelled]) => {
    if (code === base) return []
    const own = lastOfEach(bySite.get(code) ?? [], spelled, report)
    const inherited = shares
      ? [...general].filter(([name]) => !own.has('EMailSMTPServer') || !CONNECTION.includes(name))
      : []
    return [{ of: spelled, keys: given(new Map([...inherited, ...own])), elements: elementsOf(code) }]
  })
  const sources: SiteSources = {
    ...(base === '' ? {} : { baseCode: codes.get(base) }),
    base: { keys: given(general), elements: elementsOf(base) },
    sites,
  }
  const lacking = [sources.base, ...sites].flatMap(({ keys, of }) =>
    (['EMailSMTPServer', 'EMailFromAddress'] as const)
      .filter((name) => !keys.has(name))
      .map((name) => (of === undefined ? name : `${name} of ${of}`)),
  )
  if (lacking.length > 0) throw missing(lacking, 'ILLiad configuration')
  return sources
}

/** One entry for each key: the last, but for TLS, where Yes wins over No. */
function lastOfEach(rows: readonly KeyRow[], of: string | undefined, report: ReportLine[]): Map<KeyName, Entry> {
  const last = new Map<KeyName, Entry>()
  for (const { name, entry, value, line, file } of rows) {
    const now: Entry = { entry, value, line, file, of }
    const before = last.get(name)
    const kept = before && name === 'EMailSecure' && /^\s*yes\s*$/i.test(before.value) ? before : now
    const ignored = kept === now ? before : now
    if (ignored)
      report.push({
        verdict: 'ignored',
        ...placeOf(ignored),
        note: `it is given again in line ${kept.line}, which counts`,
      })
    last.set(name, kept)
  }
  const note =
    of === undefined
      ? 'it is empty, which is as good as left out'
      : 'it is empty: the site goes without, whatever holds for all'
  for (const entry of last.values()) {
    if (entry.value === '') report.push({ verdict: 'ignored', ...placeOf(entry), note })
  }
  return last
}

const given = (keys: ReadonlyMap<KeyName, Entry>) => new Map([...keys].filter(([, { value }]) => value !== ''))
