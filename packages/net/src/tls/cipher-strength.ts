/** Bits of the symmetric key by the part of a suite's name that says so; the first that fits counts. */
const STRENGTHS: readonly (readonly [RegExp, number])[] = [
  [/NULL/, 0],
  [/EXPORT|^EXP-|_40_|DES40/, 40],
  [/CHACHA20/, 256],
  [/(?:AES|ARIA|CAMELLIA)[_-]?256|MAGMA|KUZNYECHIK|GOST/, 256],
  [/(?:AES|ARIA|CAMELLIA)[_-]?128/, 128],
  [/3DES|DES-CBC3|CBC3/, 112], // three keys of 56 bits have the strength of two
  [/RC4|IDEA|SEED|RC2/, 128],
  [/DES/, 56],
]

/** Bits of the symmetric key of a suite, by its IANA or OpenSSL name; 0 when it does not encrypt, or cannot be told. */
export function cipherStrengthBits(name: string): number {
  return STRENGTHS.find(([pattern]) => pattern.test(name))?.[1] ?? 0
}
