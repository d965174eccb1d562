import { expect, it } from 'vitest'
import { IPWorksError } from './ipworks-error.js'
import { CONFIG, type ConfigName } from './table/config-settings.js'
import { errorText } from './table/errors.js'
import { PROPERTIES, type PropertyName } from './table/properties.js'
import type { Row } from './table/row.js'
import { ComponentValues } from './values.js'

const rows: readonly (readonly [string, Row])[] = [
  ...Object.entries(PROPERTIES).map(([name, { row }]) => [name, row] as const),
  ...Object.entries(CONFIG).map(([name, { row }]) => [name, row] as const),
]

it.each(rows.filter(([, { locked }]) => locked !== undefined))(
  '%s cannot change while connected, and the error says so with its number and its name',
  (name, { locked, initial }) => {
    let connected = true
    const values = new ComponentValues(() => connected)
    const set = () =>
      name in PROPERTIES
        ? values.setProperty(name as PropertyName, initial())
        : values.setConfig(name as ConfigName, initial())
    const message = `${errorText(locked!)}: ${name} cannot change while connected or connecting; call disconnect() first`
    expect(set).toThrow(new IPWorksError(locked!, message))
    expect(set).toThrow(expect.objectContaining({ code: locked }))
    connected = false
    expect(set).not.toThrow()
  },
)
