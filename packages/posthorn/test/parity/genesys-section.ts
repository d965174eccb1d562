import { fromProduct, type FromProduct } from './product-send.js'

/** A section `[smtp-client]` with these options, and what else stands in the file. */
export function fromSection(options: Readonly<Record<string, string | number | undefined>>, more = ''): FromProduct {
  const lines = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : `${name} = ${value}`))
  return fromProduct('genesys', ['[smtp-client]', ...lines, more].join('\n'))
}

/** What an import of such a section is refused for: `code option`. */
export function refusedOption(options: Readonly<Record<string, string | number | undefined>>, more = ''): string {
  try {
    fromSection(options, more)
  } catch (error) {
    const { code, field } = error as { code: string; field: string }
    return `${code} ${field}`
  }
  throw new Error('it was imported')
}

export const LOGIN = { 'enable-authentication': 'true', user: 'app@example.com', password: 'Wonder-7land' } as const
/** Who sends: Genesys leaves that to the message. */
export const FROM = 'app@example.com'
