import { concluded } from '../conclude.js'
import type { Import, ImportedProfile, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { bounded, malformed, ProfileDraft } from '../report.js'
import { takeUrl } from './take-url.js'

const MAX_URLS = 100
const MAX_CHARACTERS = 100_000

/** A URL, perhaps in quotes, alone in its line. */
const LINE = /^["']?((?:smtps?|lmtps?|submissions?|submit|smtp\+[a-z]+|[a-z]+\+smtps?):\/\/[^\s"']+)["']?$/i
/** Symfony: several ways, one after the other or in turn. */
const SEVERAL = /^["']?(failover|roundrobin)\(([^()]{1,10000})\)["']?$/i

/**
 * A URL that names a relay: `smtp://`, `smtps://`, `smtp+starttls://`, `submission://`, `submissions://`, `lmtp://` and `PROVIDER+smtp://`, with
 * the settings of Posthorn, Symfony, Django, Rails or Nodemailer behind `?`. One in a line; each line is a profile.
 */
export const url: ImportFormat = {
  name: 'url',
  says: 'a URL: smtp://user:password@relay.example:587, also as Symfony, Django and Rails write it',
  recognises: ({ text }: ImportSource) => {
    if (text.length > MAX_CHARACTERS) return false
    const lines = linesOf(text)
    return lines.length > 0 && lines.every(({ text: each }) => LINE.test(each) || SEVERAL.test(each))
  },
  import: importUrl,
}

function importUrl({ text: given }: ImportSource): Import {
  const text = bounded(given, 'URL')
  if (text.length > MAX_CHARACTERS)
    throw malformed('URL', `is longer than ${MAX_CHARACTERS} characters`, 'Give one URL.')
  const report: ReportLine[] = []
  const urls = linesOf(text).flatMap(({ text: each, line }) => {
    const [, kind, inner = ''] = SEVERAL.exec(each) ?? []
    if (kind === undefined) return [{ text: each.replace(/^(["'])(.*)\1$/, '$2'), line }]
    report.push({
      verdict: 'lost',
      entry: kind.toLowerCase(),
      line,
      note: 'each way is a profile of its own; which one is used is decided elsewhere',
    })
    return inner
      .split(/\s+/)
      .filter((part) => part !== '')
      .map((part) => ({ text: part, line }))
  })
  if (urls.length === 0) throw malformed('URL', 'is empty', 'Write smtp://user:password@relay.example:587.')
  if (urls.length > MAX_URLS) throw malformed('URL', `is given more than ${MAX_URLS} times`, 'Import some of them.')
  const profiles = urls.map(({ text: each, line }, index): ImportedProfile => {
    const name = urls.length === 1 ? 'url' : `url-${index + 1}`
    const draft = new ProfileDraft(report)
    const place = { line, ...(urls.length === 1 ? {} : { of: name }) }
    const { clearLogin } = takeUrl(draft, each, { entry: 'URL', ...place })
    return { name, profile: concluded(draft, { format: 'URL', host: 'host', clearLogin, place }) }
  })
  return { profiles, report }
}

function linesOf(text: string): { text: string; line: number }[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((each, index) => ({ text: each.trim(), line: index + 1 }))
    .filter(({ text: each }) => each !== '' && !each.startsWith('#'))
}
