import type { ImportSource, ReportLine } from '../import.js'
import { malformed } from '../report.js'
import { isSiteCode } from './entries.js'
import { looksLikeKeys, readKeys, type KeyRow } from './read-keys.js'
import { looksLikeMailSettings, readMailSettings } from './read-mail-settings.js'
import type { MailSettingsFiles } from './site-sources.js'

/** What a folder says about mail. */
export interface Folder {
  readonly rows: readonly KeyRow[]
  readonly files: MailSettingsFiles
  /** Files that look as if they belonged to it and do not. */
  readonly unread: readonly ReportLine[]
}

/** As many as there may be sites, and some. */
const MAX_FILES = 2000
const MAX_FOLDER_CHARACTERS = 20_000_000

/** Its name in messages when it has none. */
const SHARED = 'SMTP.config'

/**
 * Reads the text and the files beside it: keys from the text, or, when it is one of the XML files, from the only other file that has keys.
 * @throws {SettingsError} `import.format`
 */
export function readFolder({ text, name, files = {} }: ImportSource, report: ReportLine[]): Folder {
  const own = name === undefined ? undefined : baseName(name)
  const isXml = /^\s*</.test(text.slice(0, 10_000))
  const beside = Object.entries(files).filter(([each]) => baseName(each).toLowerCase() !== own?.toLowerCase())
  const characters = beside.reduce((sum, [, content]) => sum + content.length, 0)
  if (beside.length > MAX_FILES || characters > MAX_FOLDER_CHARACTERS) {
    throw malformed(
      'the folder',
      `has more than ${MAX_FILES} files, or more than ${MAX_FOLDER_CHARACTERS} characters in them`,
      'Put the keys, SMTP.config and the files of sites into a folder of their own.',
    )
  }
  const rows = isXml ? keysBeside(beside, report) : readKeys(text, own, report)
  const configs = beside
    .filter(([each]) => /\.config$/i.test(each))
    .map(([each, content]) => [baseName(each), content] as const)
  if (isXml) configs.unshift([own !== undefined && siteOf(own) !== undefined ? own : SHARED, text])
  const sites = new Set(rows.map(({ site }) => site.toLowerCase()))
  const unread: ReportLine[] = []
  let shared: ReturnType<typeof readMailSettings> | undefined
  const ofSites = new Map<string, { code: string; elements: ReturnType<typeof readMailSettings> }>()
  for (const [file, content] of configs) {
    const code = siteOf(file)
    const key = code?.toLowerCase()
    if (code === undefined && file.toLowerCase() === SHARED.toLowerCase()) {
      if (shared) throw malformed(file, 'stands there twice, spelled in two ways', 'Take one of the files away.')
      shared = readMailSettings(content, file, undefined, report)
    } else if (
      code !== undefined &&
      key !== undefined &&
      (sites.has(key) || looksLikeMailSettings(content) || file === own)
    ) {
      if (ofSites.has(key))
        throw malformed(file, 'stands there twice, spelled in two ways', 'Take one of the files away.')
      ofSites.set(key, { code, elements: readMailSettings(content, file, code, report) })
    } else unread.push({ verdict: 'ignored', entry: file, note: 'it has no MailSettings' })
  }
  return { rows, files: { shared, own: ofSites }, unread }
}

function keysBeside(beside: readonly (readonly [name: string, content: string])[], report: ReportLine[]): KeyRow[] {
  const found = beside.filter(([name, content]) => !/\.config$/i.test(name) && looksLikeKeys(content))
  const [first, second] = found
  if (!first) return []
  if (second) {
    throw malformed(
      `${baseName(first[0])}, ${baseName(second[0])}`,
      'both have keys',
      'Import the file whose keys are meant.',
    )
  }
  return readKeys(first[1], baseName(first[0]), report)
}

/** The site whose file it is: `ILL` for `ILL.config`. */
function siteOf(file: string): string | undefined {
  const [, code] = /^(.{1,40})\.config$/i.exec(file) ?? []
  return code !== undefined && code.toLowerCase() !== 'smtp' && isSiteCode(code) ? code : undefined
}

const baseName = (path: string) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
