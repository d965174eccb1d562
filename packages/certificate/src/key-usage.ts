/** The bits of `keyUsageFlags`, most significant first, as dialogs of programs for Windows name them. */
const NAMES = [
  'Digital Signature',
  'Non-Repudiation',
  'Key Encipherment',
  'Data Encipherment',
  'Key Agreement',
  'Certificate Signing',
  'CRL Signing',
  'Encipher Only',
] as const

/** What the flags of a key usage are called, for people: `['Digital Signature', 'Key Encipherment']` for 0xa0. */
export function keyUsageNames(flags: number): readonly string[] {
  return NAMES.filter((_, bit) => (flags & (0x80 >> bit)) !== 0)
}
