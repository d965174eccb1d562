import { Secret, SettingsError } from '@posthorn/ground/portable'

/** Where a secret or a text is kept, instead of itself. */
export type Reference =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'vault'; readonly name: string }
  | { readonly kind: 'plain'; readonly value: Secret }

/**
 * What a setting that holds a secret or a content says: `env:NAME`, `file:PATH`, `vault:NAME`, else the text itself. A text that begins
 * like a reference and is none is written `plain:TEXT`.
 * @throws {SettingsError} `settings.reference`
 */
export function parseReference(value: string | Secret, path: string): Reference {
  if (typeof value !== 'string') return { kind: 'plain', value }
  const [, kind, rest] = /^(env|file|vault|plain):(.*)$/s.exec(value) ?? []
  if (rest === undefined) return { kind: 'plain', value: new Secret(value) }
  if (kind === 'plain') return { kind, value: new Secret(rest) }
  if (rest === '' || /[\0\r\n]/.test(rest)) {
    throw new SettingsError('settings.reference', path, `names nothing behind ${kind}:`, {
      hint: 'Write env:NAME, file:PATH or vault:NAME; a text that begins like that is written plain:TEXT.',
    })
  }
  if (kind === 'env' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) {
    throw new SettingsError('settings.reference', path, 'has no name of a variable behind env:', {
      hint: 'Write env:NAME with letters, digits and _; a text that begins like that is written plain:TEXT.',
    })
  }
  if (kind === 'file') return { kind, path: rest }
  return { kind: kind as 'env' | 'vault', name: rest }
}

/** How a text is written so that it is never taken for a reference. */
export function plainText(text: string): string {
  return /^(?:env|file|vault|plain):/.test(text) ? `plain:${text}` : text
}

/** True for a secret that stands in the profile itself, where everybody who reads the file reads it. */
export function isPlain(value: unknown): boolean {
  return value instanceof Secret || (typeof value === 'string' && !/^(?:env|file|vault):/.test(value))
}
