import { readXml, type XmlElement } from '../xml.js'
import { isClientSection, type GenesysApplication, type GenesysOption, type GenesysSection } from './section.js'

/**
 * An XML export. A section is an element with a `key` or `name` around options with theirs, as the Configuration Platform writes it
 * (`<list_pair key="smtp-client"><str_pair key="port" value="25"/></list_pair>`; the value may be text, too), or an element of its name
 * (`<smtp-client><port>25</port></smtp-client>`). The Application is the nearest element around them that has a name.
 * @throws {SettingsError} `import.format`
 */
export function applicationsFromXml(text: string, entry: string): GenesysApplication[] {
  return [...applicationsIn(readXml(text, entry), undefined)]
}

function* applicationsIn(element: XmlElement, application: string | undefined): Generator<GenesysApplication> {
  if (isClientSection(sectionName(element))) {
    yield { name: application, sections: [sectionOf(element)] } // the root, all alone
    return
  }
  const name = keyOf(element) ?? nameInside(element) ?? application
  if (element.children.some((child) => isClientSection(sectionName(child)))) {
    const sections: GenesysSection[] = []
    const deeper: GenesysApplication[] = []
    for (const child of element.children) {
      const inside = isClientSection(sectionName(child)) ? [] : [...applicationsIn(child, name)]
      if (inside.length > 0) deeper.push(...inside)
      else if (child.children.length > 0 || isClientSection(sectionName(child))) sections.push(sectionOf(child))
    }
    yield { name, sections }
    yield* deeper
    return
  }
  for (const child of element.children) yield* applicationsIn(child, name)
}

function sectionOf(element: XmlElement): GenesysSection {
  return {
    name: sectionName(element),
    line: element.line,
    options: element.children.flatMap((child) => [...optionsOf(child)]),
  }
}

/** An option, and what stands in it and nobody expects there: that has no value which could count. */
function* optionsOf(element: XmlElement, above?: string): Generator<GenesysOption> {
  const name = keyOf(element) ?? element.name
  const value = attribute(element, 'value') ?? element.text.trim()
  if (above === undefined) yield { name, value, line: element.line }
  else yield { name: `${above}/${name}`, value: undefined, line: element.line }
  for (const child of element.children) yield* optionsOf(child, name)
}

const sectionName = (element: XmlElement) => keyOf(element) ?? element.name
const keyOf = (element: XmlElement) => attribute(element, 'key') ?? attribute(element, 'name')

/** `<CfgApplication><name value="EmailServer"/>...` */
function nameInside({ children }: XmlElement): string | undefined {
  const name = children.find((child) => child.name.toLowerCase() === 'name' && child.children.length === 0)
  return name === undefined ? undefined : (attribute(name, 'value') ?? name.text.trim())
}

function attribute({ attributes }: XmlElement, wanted: string): string | undefined {
  return Object.entries(attributes).find(([name]) => name.toLowerCase() === wanted)?.[1]
}
