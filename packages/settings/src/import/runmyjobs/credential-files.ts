import Papa from 'papaparse'
import type { ImportSource } from '../import.js'
import { bounded } from '../report.js'
import { fieldOf, isKeyStore, KEY_STORE, MAX_ENTRIES, type Registry } from './registry.js'
import { readLines } from './registry-lines.js'
import { readRegistryXml } from './registry-xml.js'

/** What was found in the files beside the export: credentials and certificates. */
export function readCredentialFiles({ files = {} }: ImportSource, found: Registry): void {
  for (const [file, text] of Object.entries(files)) {
    const content = bounded(text, file)
    if (isKeyStore(file)) {
      found.others.push({ place: { entry: 'key store', file }, verdict: 'lost', note: KEY_STORE })
    } else if (content.trimStart().startsWith('<')) readRegistryXml(content, file, found)
    else if (isTable(content)) readTable(content, file, found)
    else if (content.trimStart().startsWith('-----BEGIN')) {
      const fields = new Map([
        ['protocol', 'X509_TrustedCertificate'],
        ['certificate', content.trim()],
      ])
      found.credentials.push({ fields, place: { file, line: 1 } })
    } else readLines(content, file, found)
  }
}

const isTable = (content: string) => {
  const header = /^[^\r\n]{0,1000}/
    .exec(content)![0]
    .split(/[,;\t]/)
    .map((name) => fieldOf(name.replaceAll('"', '').trim()))
  return header.includes('protocol') && header.includes('endpoint')
}

function readTable(content: string, file: string, found: Registry): void {
  const { data } = Papa.parse<string[]>(content, { preview: MAX_ENTRIES + 1, skipEmptyLines: 'greedy' })
  const [header = [], ...rows] = data
  const fields = header.map((name) => fieldOf(name.trim()))
  rows.forEach((row, index) => {
    const values = row.flatMap((value, column) => {
      const field = fields[column]
      return field === undefined ? [] : [[field, value.trim()] as const]
    })
    found.credentials.push({ fields: new Map(values), place: { file, line: index + 2 } })
  })
}
