import type { ImportSource } from '../import.js'
import { bounded, malformed } from '../report.js'
import { applicationsFromJson } from './options-json.js'
import { applicationsFromLines } from './options-file.js'
import { applicationsFromXml } from './options-xml.js'
import { isClientSection, type GenesysApplication } from './section.js'

/** What an export holds. */
export interface GenesysExport {
  readonly applications: readonly GenesysApplication[]
  /** Lines of an options file that are neither section, option nor comment; their text may be a piece of a password. */
  readonly unread: readonly number[]
}

/** More are no mail settings. */
const MAX_OPTIONS = 20_000
const MAX_SECTIONS = 5000
/** The longest value of an option; a secret of a profile is no longer. */
const MAX_VALUE = 100_000

/**
 * The sections of an export, by what the text begins with: `<` XML, `{` or `[{` JSON, else an options file.
 * @throws {SettingsError} `import.format`
 */
export function readExport(source: ImportSource): GenesysExport {
  const entry = source.name ?? 'the options'
  const text = bounded(source.text, entry)
  const read = readText(text, entry)
  const options = read.applications.flatMap(({ sections }) => sections.map((section) => section.options.length))
  if (options.length > MAX_SECTIONS)
    throw malformed(entry, `has more than ${MAX_SECTIONS} sections`, 'Export the section [smtp-client] alone.')
  if (options.reduce((sum, each) => sum + each, 0) > MAX_OPTIONS)
    throw malformed(entry, `has more than ${MAX_OPTIONS} options`, 'Export the section [smtp-client] alone.')
  for (const { name, options: each } of read.applications.flatMap(({ sections }) => sections))
    if (isClientSection(name) && each.some(({ value = '' }) => value.length > MAX_VALUE))
      throw malformed(entry, `has an option longer than ${MAX_VALUE} characters`, 'Shorten it.')
  return read
}

function readText(text: string, entry: string): GenesysExport {
  if (/^\s*</.test(text)) return { applications: applicationsFromXml(text, entry), unread: [] }
  if (/^\s*(?:\{|\[\s*[[{\]])/.test(text)) return { applications: applicationsFromJson(text, entry), unread: [] }
  return applicationsFromLines(text)
}
