import { SmtpClient, type SmtpSession, type TrailEvent } from '@posthorn/smtp'
import type { RoadTerms } from '../src/compat/ipworks/road/road-terms.js'
import { smtpOptions } from '../src/compat/ipworks/road/smtp-options.js'
import type { ConfigName } from '../src/compat/ipworks/table/config-settings.js'
import type { PropertyName } from '../src/compat/ipworks/table/properties.js'
import { ComponentValues } from '../src/compat/ipworks/values.js'

export type Properties = Partial<Record<PropertyName, unknown>>
export type Settings = Partial<Record<ConfigName, unknown>>

/** Values as they are after these were set. */
export function componentValues(properties: Properties, settings: Settings = {}): ComponentValues {
  const values = new ComponentValues(() => false)
  for (const [name, value] of Object.entries(properties)) values.setProperty(name as PropertyName, value)
  for (const [name, value] of Object.entries(settings)) values.setConfig(name as ConfigName, value)
  return values
}

/** What came of a connection with the settings. */
export interface Connected {
  readonly session: SmtpSession | undefined
  readonly error: (Error & { readonly code: unknown; readonly cause?: unknown }) | undefined
  readonly notes: string[]
  readonly trail: TrailEvent[]
}

/** Connects, negotiates and logs in on what the settings come to, lets `use` look at the session, and ends it. */
export async function connected(
  values: ComponentValues,
  terms: Partial<RoadTerms> = {},
  use: (session: SmtpSession) => Promise<void> | void = () => {},
): Promise<Connected> {
  const notes: string[] = []
  const trail: TrailEvent[] = []
  const made = smtpOptions(values, { signal: new AbortController().signal, note: (text) => notes.push(text), ...terms })
  try {
    await using client = new SmtpClient(await made).on('trail', (event) => trail.push(event))
    const session = await client.session()
    await use(session)
    await session.quit()
    return { session, error: undefined, notes, trail }
  } catch (error) {
    return { session: undefined, error: error as Connected['error'], notes, trail }
  }
}
