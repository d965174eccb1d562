import type { ReportLine } from '../import.js'
import { malformed } from '../report.js'
import { shownName } from '../shown-name.js'
import { readXml, type XmlElement } from '../xml.js'
import { elementNamed, ELEMENTS, placeOf, type ElementName, type Entry } from './entries.js'

/** True when a text looks like one of the XML files, well-formed or not. */
export function looksLikeMailSettings(text: string): boolean {
  return /^\s*</.test(text.slice(0, 10_000)) && /<MailSettings[\s/>]/i.test(text)
}

/**
 * The elements of `SMTP.config` or of the file of a site. An element may stand anywhere below the root; of several with one name the first
 * counts, as it does for .NET. Empty ones are as good as left out; those nobody knows are reported.
 * @param of the site, when it is the file of one
 * @throws {SettingsError} `import.format`
 */
export function readMailSettings(
  text: string,
  file: string,
  of: string | undefined,
  report: ReportLine[],
): Map<ElementName, Entry> {
  const root = readXml(text, file)
  if (localName(root) !== 'mailsettings') {
    throw malformed(file, 'has another root element than MailSettings', 'Give the SMTP.config of the System Manager.')
  }
  const elements = new Map<ElementName, Entry>()
  read(root, { elements, file, of, report })
  return elements
}

interface Reading {
  readonly elements: Map<ElementName, Entry>
  readonly file: string
  readonly of: string | undefined
  readonly report: ReportLine[]
}

function read(parent: XmlElement, reading: Reading): void {
  const { elements, file, of, report } = reading
  for (const element of parent.children) {
    const { name: spelled, text, line, children } = element
    const name = elementNamed(localName(element))
    if (name === undefined) {
      const { entry, note } = shownName(spelled, ELEMENTS, /^[A-Za-z][A-Za-z0-9_.:-]{0,60}$/)
      report.push({ verdict: 'unknown', ...placeOf({ entry, value: '', line, file, of }), note })
      read(element, reading)
      continue
    }
    const entry: Entry = { entry: spelled, value: text, line, file, of }
    if (text.length > MAX_VALUE) {
      throw malformed(
        name,
        `is longer than ${MAX_VALUE} characters (line ${line} of ${file})`,
        'Give a file in its place.',
      )
    }
    if (children.length > 0) {
      throw malformed(name, `has elements in it (line ${line} of ${file})`, 'Write its value between its tags.')
    }
    if (text.trim() === '')
      report.push({ verdict: 'ignored', ...placeOf(entry), note: 'it is empty, which is as good as left out' })
    else if (elements.has(name))
      report.push({ verdict: 'ignored', ...placeOf(entry), note: 'it stands there a second time; the first counts' })
    else elements.set(name, EXACT.has(name) ? entry : { ...entry, value: text.trim() })
  }
}

/** A store with its key and a chain is far shorter; each site reads the values anew. */
const MAX_VALUE = 100_000

/** Blanks at their ends may be meant. */
const EXACT = new Set<ElementName>(['FirewallPassword', 'SslCertStorePassword', 'OtherHeaders'])

const localName = ({ name }: XmlElement) => name.slice(name.indexOf(':') + 1).toLowerCase()
