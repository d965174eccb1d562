type Pair = (lead: number, trail: number) => boolean

/**
 * The pairs of octets that the standard of a charset has. What iconv-lite knows by the same name has more: those of Windows, of Hong Kong
 * and of makers, which readers show as something else or not at all.
 */
const STANDARD: Readonly<Record<string, Pair>> = {
  // KS X 1001
  'EUC-KR': (lead, trail) => lead >= 0xa1 && lead <= 0xfd && trail >= 0xa1 && !(lead === 0xa2 && trail >= 0xe6),
  GB2312: (lead, trail) =>
    trail >= 0xa1 &&
    ((lead >= 0xa1 && lead <= 0xa9) || (lead >= 0xb0 && lead <= 0xf7)) &&
    !(lead === 0xa2 && trail <= 0xb0) &&
    !(lead === 0xa6 && trail >= 0xd9) &&
    !(lead === 0xa8 && trail >= 0xbb && trail <= 0xc4),
  // what is below is in GB18030 alone, as other programs see it
  GBK: (lead, trail) =>
    lead >= 0x81 &&
    !(lead === 0xfe && trail <= 0xa0) &&
    !(lead === 0xa9 && trail >= 0x89 && trail <= 0x95) &&
    !(lead === 0xa8 && (trail === 0xbc || trail === 0xbf)),
  // JIS X 0208 is rows 1 to 8 and 16 to 84; 0x8e is the half-width katakana
  'EUC-JP': (lead, trail) =>
    trail >= 0xa1 && (lead === 0x8e || (lead >= 0xa1 && lead <= 0xa8) || (lead >= 0xb0 && lead <= 0xf4)),
  Shift_JIS: (lead, trail) =>
    (lead >= 0x81 && lead <= 0x83) ||
    (lead === 0x84 && trail <= 0xbe) ||
    (lead === 0x88 && trail >= 0x9f) ||
    (lead >= 0x89 && lead <= 0x9f) ||
    (lead >= 0xe0 && lead <= 0xea),
  Big5: (lead, trail) =>
    (lead >= 0xa1 && lead <= 0xc5 && !(lead === 0xa3 && trail >= 0xc0)) ||
    (lead === 0xc6 && trail <= 0x7e) ||
    (lead >= 0xc9 && lead <= 0xf8) ||
    (lead === 0xf9 && trail <= 0xd5),
}

/** True for octets that only an extension of the charset has: they are well made, and stand for something else in other programs. */
export function isMakerExtension(octets: Uint8Array, charset: string): boolean {
  const isStandard = STANDARD[charset]
  if (!isStandard) return false
  const halfWidth = charset === 'Shift_JIS' // katakana of one octet
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]!
    if (octet < 0x80 || (halfWidth && octet >= 0xa1 && octet <= 0xdf)) continue
    if (!isStandard(octet, octets[++at] ?? 0)) return true
  }
  return false
}
