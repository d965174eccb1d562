import { Secret, SettingsError } from '@posthorn/ground/portable'
import { stringify } from 'dot-properties'
import { isPlain } from '../../secret-reference.js'
import { SETTINGS } from '../../table.js'
import { clearText } from '../clear-text.js'
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
  // a line end in the name would end the comment, and begin a property
  const title = name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
  const text = stringify([`# The profile ${title}`, ...lines], { lineWidth: null, keySep: '=' })
  const back = new Map(valuesOf(importJavaMail({ text: `${text}\n` }).profiles[0]!.profile))
  const lost = [...valuesOf(profile)].flatMap(([setting, value]) => {
    if (setting === 'name' || setting === 'transport') return []
    const isReference = isSecret(setting) && !isPlain(value)
    return !isReference && same(back.get(setting), value) ? [] : [{ setting, note: lossNote(profile, setting, back) }]
  })
  return { text: `${text}\n`, lost }
}

const isSecret = (setting: string) => SETTINGS.get(setting)?.holds === 'secret'

const same = (a: unknown, b: unknown) => JSON.stringify(plain(a)) === JSON.stringify(plain(b))

/** A password may bear `plain:` and need not; a `Secret` is never written. */
const plain = (value: unknown) => (value instanceof Secret ? undefined : (clearText(value) ?? value))
