import { Secret, SettingsError } from '@posthorn/ground/portable'
import { stringify } from 'dot-properties'
import { parseReference } from '../../secret-reference.js'
import { valuesOf } from '../../values.js'
import type { Export, ImportedProfile } from '../import.js'
import { propertiesOf } from './exported-properties.js'
import { importJavaMail } from './import-javamail.js'
import { lossNote } from './loss-notes.js'

/**
 * A profile as JavaMail properties. What JavaMail would do otherwise by default is written, too. The password stands there in the clear,
 * when it stands in the profile itself. What an import of the result would not bring back is lost, and named.
 * @throws {SettingsError} `export.transport` for a profile that does not send by SMTP to a relay
 */
export function exportJavaMail({ name, profile }: ImportedProfile): Export {
  const { transport = 'smtp', relay } = profile
  if (transport !== 'smtp' || relay?.host === undefined) {
    throw new SettingsError('export.transport', 'transport', 'cannot be said in JavaMail properties', {
      hint: 'They are for a profile that sends by SMTP to a relay.host.',
    })
  }
  const lines = [...propertiesOf(profile)].map(([property, value]) => [property, value])
  const text = stringify([`# The profile ${name}`, ...lines], { lineWidth: null, keySep: '=' })
  const back = new Map(valuesOf(importJavaMail({ text: `${text}\n` }).profiles[0]!.profile))
  const lost = [...valuesOf(profile)].flatMap(([setting, value]) => {
    if (setting === 'name' || setting === 'transport') return []
    const isReference = referenceKind(setting, value) !== undefined
    return !isReference && same(back.get(setting), value) ? [] : [{ setting, note: lossNote(profile, setting, value) }]
  })
  return { text: `${text}\n`, lost }
}

function referenceKind(setting: string, value: unknown): string | undefined {
  if (!/password$|accessToken$/i.test(setting) || typeof value !== 'string') return undefined
  const { kind } = parseReference(value, setting)
  return kind === 'plain' ? undefined : kind
}

const same = (a: unknown, b: unknown) => JSON.stringify(plain(a)) === JSON.stringify(plain(b))

const plain = (value: unknown) => (value instanceof Secret ? value.reveal() : value)
