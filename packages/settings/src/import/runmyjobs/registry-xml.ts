import { malformed } from '../report.js'
import { readXml, type XmlElement } from '../xml.js'
import { fieldOf, MAX_ENTRIES, type Registry } from './registry.js'

/**
 * A registry export in XML, in any of these forms, whatever the elements are called:
 *
 * - named and nested: `<RegistryEntry name="configuration"><RegistryEntry name="mail"><RegistryEntry name="Server" value="..."/>`, the
 *   name in an attribute or child `name`, `key` or `path`, the value in an attribute or child `value` or as the text; elements without a
 *   name do not count in the path;
 * - flat: `<entry path="/configuration/mail/Server">...</entry>`;
 * - where nothing has a name, the elements are the path: `<configuration><mail><Server>...</Server></mail></configuration>`.
 *
 * `<Credential>` elements have their fields as attributes or children.
 * @throws {SettingsError} `import.format` for XML that is not well-formed, has a DTD or is beyond the limits
 */
export function readRegistryXml(text: string, file: string | undefined, found: Registry): void {
  const entry = file ?? 'the registry export'
  const root = readXml(text, entry)
  const named = [...within(root)].some((element) => nameOf(element) !== undefined && !isCredential(element))
  const wrappers = named ? new Set([root]) : wrappersOf(root)
  const at = file === undefined ? {} : { file }
  const walk = (element: XmlElement, above: readonly string[]): void => {
    if (isCredential(element)) {
      found.credentials.push({ fields: fieldsOf(element), place: { ...at, line: element.line } })
      return
    }
    const name = named ? nameOf(element) : element.name
    const parts = isWrapper(wrappers, element, name) ? [] : partsOf(name ?? '', entry)
    const path = name?.startsWith('/') ? parts : [...above, ...parts]
    if (path.length > MAX_PARTS) throw tooLong(entry)
    const inner = element.children.filter((child) => !(named && isPartOf(element, child)))
    const value = name === undefined ? undefined : valueOf(element, inner.length === 0)
    if (value !== undefined) found.entries.push({ path, value, place: { ...at, line: element.line } })
    if (found.entries.length + found.credentials.length > MAX_ENTRIES) {
      throw malformed(entry, `has more than ${MAX_ENTRIES} entries`, 'Export /configuration/mail alone.')
    }
    for (const child of inner) walk(child, path)
  }
  walk(root, [])
}

/** The longest path of the registry; what lies in it repeats its parts. */
const MAX_PARTS = 20
const MAX_PATH = 4096

function partsOf(name: string, entry: string): string[] {
  if (name.length > MAX_PATH) throw tooLong(entry)
  return name.split('/').filter((part) => part !== '')
}

const tooLong = (entry: string) =>
  malformed(
    entry,
    `has a path of more than ${MAX_PARTS} parts or ${MAX_PATH} characters`,
    'Export /configuration/mail alone.',
  )

/** What stands around the registry: the root, and what is alone in it, down to `configuration`. */
function wrappersOf(root: XmlElement): ReadonlySet<XmlElement> {
  const wrappers = new Set<XmlElement>()
  for (let element: XmlElement | undefined = root; element && element.name !== TOP;) {
    wrappers.add(element)
    const inner: readonly XmlElement[] = element.children.filter((child) => !isCredential(child))
    element = inner.length === 1 ? inner[0] : undefined
  }
  return wrappers
}

const TOP = 'configuration'

/** Its name is that of the export: paths begin below it, unless it begins one itself. */
const isWrapper = (wrappers: ReadonlySet<XmlElement>, element: XmlElement, name = '') =>
  wrappers.has(element) && element.children.length > 0 && !name.startsWith('/') && name.split('/', 1)[0] !== TOP

function* within(element: XmlElement): Generator<XmlElement> {
  yield element
  if (!isCredential(element)) for (const child of element.children) yield* within(child)
}

const NAME = ['path', 'key', 'name']
const VALUE = ['value']

const isCredential = ({ name }: XmlElement) => local(name) === 'credential'

const local = (name: string) => name.slice(name.indexOf(':') + 1).toLowerCase()

function nameOf(element: XmlElement): string | undefined {
  return NAME.map((part) => partOf(element, part)).find((each) => each !== undefined)
}

function valueOf(element: XmlElement, isLeaf: boolean): string | undefined {
  const value = partOf(element, VALUE[0]!)
  if (value !== undefined || !isLeaf) return value?.trim()
  return element.text.trim()
}

/** What an attribute or a child without children says. */
function partOf(element: XmlElement, part: string): string | undefined {
  const attribute = Object.entries(element.attributes).find(([name]) => name.toLowerCase() === part)
  if (attribute) return attribute[1]
  return element.children.find((child) => isPart(child, part))?.text.trim()
}

const isPart = (child: XmlElement, part: string) =>
  local(child.name) === part && child.children.length === 0 && Object.keys(child.attributes).length === 0

const isPartOf = (_: XmlElement, child: XmlElement) => [...NAME, ...VALUE].some((part) => isPart(child, part))

function fieldsOf(element: XmlElement): Map<string, string> {
  const fields = new Map<string, string>()
  const say = (name: string, value: string) => {
    const field = fieldOf(name)
    if (field !== undefined) fields.set(field, value)
  }
  for (const [name, value] of Object.entries(element.attributes)) say(name, value.trim())
  for (const child of element.children) {
    const { name = local(child.name), value = child.text } = lowered(child.attributes)
    say(name, value.trim())
  }
  return fields
}

function lowered(attributes: Readonly<Record<string, string>>): { readonly name?: string; readonly value?: string } {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]))
}
