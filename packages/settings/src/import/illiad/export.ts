import Papa from 'papaparse'
import type { Profile } from '../../profile/profile.js'
import { fromValues, valuesOf } from '../../values.js'
import type { Export, ExportTerms, ImportedProfile } from '../import.js'
import { malformed, missing } from '../report.js'
import { xmlText } from '../xml.js'
import { ELEMENTS, isSiteCode, KEYS, type ElementName, type KeyName } from './entries.js'
import { sayConnection, saySender } from './say-keys.js'
import { sayCertificates, sayExtras, sayFirewall } from './say-elements.js'
import { Said } from './said.js'

/** The code of the site that every ILLiad has. */
const USUAL_SITE = 'ILL'

/**
 * The keys as a customization table in CSV, and besides, where keys do not suffice, `SMTP.config` and the files of sites. In place of every
 * password stands `[secret]`, unless they are asked for.
 * @throws {SettingsError} `import.missing` without relay or sender, `import.format` for another transport than SMTP
 */
export function exportIlliad({ profile, sites = {} }: ImportedProfile, { secrets = false }: ExportTerms = {}): Export {
  const base = sayAll(profile, secrets)
  checkCodes(Object.keys(sites))
  const whole = Object.entries(sites).map(
    ([code, overlay]) => [code, sayAll(laidOver(profile, overlay), secrets, { code, base: profile })] as const,
  )
  const usual = whole.find(([code]) => code.toUpperCase() === USUAL_SITE)?.[1]
  // rows of ILL are those of all; when ILL has something of its own, those of all are without a site
  const usualIsAll = usual && sameEntries(usual.keys, base.keys) && sameEntries(usual.elements, base.elements)
  const general = whole.length === 0 || usualIsAll ? USUAL_SITE : ''
  const rows = rowsOf(base.keys, general)
  const files: [string, string][] = base.elements.size > 0 ? [['SMTP.config', mailSettings(base.elements)]] : []
  for (const [code, { keys, elements }] of whole) {
    if (code.toUpperCase() !== general) rows.push(...rowsOf(keys, code))
    if (!sameEntries(elements, base.elements)) files.push([`${code}.config`, mailSettings(elements)])
  }
  const text = `${Papa.unparse({ fields: COLUMNS, data: rows }, { newline: '\r\n' })}\r\n`
  return {
    text,
    ...(files.length > 0 ? { files: Object.fromEntries(files) } : {}),
    lost: [base, ...whole.map(([, said]) => said)].flatMap((said) => said.lost),
  }
}

const laidOver = (base: Profile, overlay: Profile) => fromValues([...valuesOf(base), ...valuesOf(overlay)])

/** Codes are told apart without case, as files are, and one of them would be `SMTP.config`. @throws {SettingsError} `import.format` */
function checkCodes(codes: readonly string[]): void {
  const twice = new Set(codes.map((code) => code.toLowerCase())).size < codes.length
  if (!twice && codes.every((code) => isSiteCode(code) && code.toLowerCase() !== 'smtp')) return
  throw malformed(
    'sites',
    'has codes that ILLiad cannot have',
    'A code is letters, digits, - and _, once, and not SMTP.',
  )
}

/** @throws {SettingsError} `import.missing`, `import.format` */
function sayAll(profile: Profile, secrets: boolean, site?: { readonly code: string; readonly base: Profile }): Said {
  if (profile.transport !== undefined && profile.transport !== 'smtp') {
    throw malformed(
      'transport',
      'cannot be said in ILLiad, which hands mail to a relay by SMTP',
      'Export a profile with a relay.',
    )
  }
  const lacking = [
    ...(profile.relay?.host === undefined ? ['relay.host'] : []),
    ...(profile.sender?.from === undefined ? ['sender.from'] : []),
  ]
  if (lacking.length > 0) throw missing(lacking, 'profile')
  const said = new Said(profile, secrets, site)
  sayConnection(said)
  saySender(said)
  sayExtras(said)
  sayFirewall(said)
  sayCertificates(said)
  said.loseTheRest()
  return said
}

const COLUMNS = ['CustKey', 'Value', 'NVTGC', 'Description', 'AdminCat', 'AdminKey', 'Admin Type']

/** Every key, those without a value, too: a site has no value then, even where all others have one. */
function rowsOf(keys: ReadonlyMap<KeyName, string>, site: string): string[][] {
  return KEYS.map((key) => {
    const type = key === 'EMailSecure' ? 'YesNo' : key === 'EMailSMTPPort' ? 'Number' : 'StringValue'
    return [key, keys.get(key) ?? '', site, DESCRIPTIONS[key], 'System', 'EMail', type]
  })
}

const DESCRIPTIONS: Readonly<Record<KeyName, string>> = {
  EMailSMTPServer: 'Relay for system mail',
  EMailSMTPPort: 'Its port',
  EMailSecure: 'SMTP.config control',
  SMTPUserID: 'Login at the relay',
  SMTPPassword: 'Its password',
  EMailFromAddress: 'Sender of system mail',
  EMailFromName: 'Name of the sender',
  EMailNoAccountAddress: 'Recipient of mail that has none',
}

function mailSettings(elements: ReadonlyMap<ElementName, string>): string {
  const lines = ELEMENTS.flatMap((name) => {
    const value = elements.get(name)
    return value === undefined ? [] : [`  <${name}>${xmlText(value)}</${name}>\n`]
  })
  return `<?xml version="1.0"?>\n<MailSettings>\n${lines.join('')}</MailSettings>\n`
}

function sameEntries<Name>(one: ReadonlyMap<Name, string>, other: ReadonlyMap<Name, string>): boolean {
  return one.size === other.size && [...one].every(([name, value]) => other.get(name) === value)
}
