import { plainText, SETTINGS, valueProblems, type SettingValue } from '@posthorn/settings'
import { SettingsError } from 'posthorn'
import { dirname, resolve } from 'node:path'
import { readText } from './read-file.js'

/** What an entry of the file is called in a profile; a `File` ending makes a reference of a path. */
const ENTRIES: Readonly<Record<string, string>> = {
  clientSecretFile: 'clientSecret',
  clientCertificateFile: 'clientCertificate.source',
  clientCertificatePasswordFile: 'clientCertificate.password',
  passwordFile: 'password',
  refreshTokenFile: 'refreshToken',
  keyFile: 'serviceAccountKey',
  authorizationFile: 'authorization',
  assertionFile: 'clientAssertionFile',
  name: 'credential',
}

/**
 * The settings a token file stands for; see docs/oauth2.md. Relative paths in it start from its folder.
 * @throws {SettingsError} `oauth2.file`, `content.unreadable`
 */
export function valuesOfTokenFile(file: string): SettingValue[] {
  const entries = parse(readText(file, '--oauth2').replace(/^\ufeff/, ''))
  return Object.entries(entries as Readonly<Record<string, unknown>>)
    .filter(([key, value]) => !(key === 'use' && value === 'smtp'))
    .map(([key, value]): SettingValue => {
      const setting = SETTINGS.get(`oauth2.${ENTRIES[key] ?? key}`)
      if (!setting) throw wrong(key.slice(0, 40), 'is not known', 'See docs/oauth2.md for what may stand there.')
      const given = typeof value === 'string' ? valueOf(key, value, setting.holds, dirname(resolve(file))) : value
      const [problem] = valueProblems(setting, given)
      if (problem) throw wrong(key, problem.problem, problem.fix)
      return [setting.path, given]
    })
}

function valueOf(key: string, text: string, holds: string | undefined, folder: string): string {
  if (holds === 'path') return resolve(folder, text)
  if (key.endsWith('File')) return `file:${resolve(folder, text)}`
  return holds === 'secret' ? plainText(text) : text
}

function parse(json: string): object {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw wrong('oauth2 file', 'is not JSON', 'It is one JSON object.') // no cause: it would repeat a piece of the text
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw wrong('oauth2 file', 'is no JSON object', 'Write { "provider": "microsoft", ... }.')
}

function wrong(field: string, problem: string, hint: string): SettingsError {
  return new SettingsError('oauth2.file', field, problem, { hint })
}
