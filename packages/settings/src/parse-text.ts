import { SettingsError } from '@posthorn/ground/portable'
import type { Setting } from './table.js'

/**
 * The value of a setting from the text that stands for it in the environment, on the command line or in a URL. Whether it fits is judged
 * elsewhere; the text is never part of the message.
 * @throws {SettingsError} `settings.value`
 */
export function valueFromText({ path, kind, choices }: Setting, text: string): unknown {
  if (kind === 'number' || (kind === 'choice' && typeof choices?.[0] === 'number')) {
    if (/^\d{1,15}$/.test(text)) return Number(text)
    throw unfit(path, 'must be a whole number')
  }
  if (kind === 'boolean') {
    if (/^(?:true|yes|on|1)$/i.test(text)) return true
    if (/^(?:false|no|off|0)$/i.test(text)) return false
    throw unfit(path, 'must be true or false')
  }
  if (kind === 'list') {
    return text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
  }
  if (kind === 'objects') {
    try {
      return JSON.parse(text) as unknown
    } catch {
      throw unfit(path, 'must be a list in JSON') // no cause: it would repeat a piece of the text
    }
  }
  return text
}

function unfit(path: string, message: string): SettingsError {
  return new SettingsError('settings.value', path, message, { hint: 'Correct the value, or leave the setting out.' })
}
