import { fromProduct, type FromProduct } from './product-send.js'

/** What the dialog does not let one leave out. */
export const NEEDED = {
  ProfileName: 'Alerts',
  SenderEmail: 'pi@example.com',
  ServerName: 'smtp.example.com',
} as const

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>

/** A profile of the dialog with these fields filled in, exported as JSON. */
export const dialog = (fields: Fields = {}): string => JSON.stringify({ ...NEEDED, ...fields })

/** The same, imported. */
export const fromDialog = (fields: Fields = {}): FromProduct => fromProduct('beyondtrust', dialog(fields))

/** Which error an import ends with, and for which field. */
export function refusedField(fields: Fields): string {
  try {
    fromDialog(fields)
  } catch (error) {
    const { code, field } = error as { code: string; field: string }
    return `${code} ${field}`
  }
  throw new Error('it was imported')
}
