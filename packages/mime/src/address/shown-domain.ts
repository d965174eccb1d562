import { domainToUnicode } from 'node:url'
import { wireDomain } from './domain.js'

/** The scripts that domains are written in today, but for those of East Asia (UAX 31, table 5). */
const ALONE =
  'Arab Armn Beng Cyrl Deva Ethi Geor Grek Gujr Guru Hebr Khmr Knda Laoo Latn Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt'
/** Those of East Asia, which are mixed with each other and with Latin every day (UTS 39 5.2, "highly restrictive"). */
const TOGETHER = ['Latn Hani Hira Kana', 'Latn Hani Bopo', 'Latn Hani Hang']
let patterns: readonly RegExp[] | undefined // made when first needed, since most programs never show a domain

/** Letters, marks and digits of IDNA 2008 and the middle dots that words are written with; nothing that is not seen. */
const WRITTEN = /^(?:[\p{L}\p{M}\p{Nd}\u05f3\u05f4\u0f0b\u30fb-]|(?<=l)\u00b7(?=l))+$/u
/** An accent that no letter took up, and Latin letters of phonetics and of old hands, which look like others. */
const ODD =
  /[\u0300-\u036f\u0138]|(?![a-z\u00df-\u017f\u01a1\u01b0\u01ce-\u01dc\u01e7-\u01ed\u0201-\u021b\u1e01-\u1ef9])\p{sc=Latn}/u
/** Signs of East Asia that look like a slash, a hyphen or a dot beside Latin letters. */
const LIKE_DELIMITER =
  /[a-z0-9-][\u30ce\u30bd\u30be\u30f3\u30fb\u30fc\u4e00\u4e28\u4e36\u4e3f]|[\u30ce\u30bd\u30be\u30f3\u30fb\u30fc\u4e00\u4e28\u4e36\u4e3f][a-z0-9-]/
const FOREIGN_DIGIT = /(?![0-9])\p{Nd}/u
/** Labels of one script that can be read as Latin from end to end. */
const LIKE_LATIN = {
  Cyrl: /^[аԁеһіјӏорԛсѕухԝгпьѵҽԍ0-9-]+$/,
  Grek: /^[αγικνορτυχωη0-9-]+$/,
  Armn: /^[հոսօցզյլ0-9-]+$/,
}

/**
 * A domain of the wire as people read it: with U-labels (RFC 5890), when that is safe for all of its labels, else as it is.
 *
 * A label is safe when it is in one script, or mixes Latin with Chinese, Japanese or Korean; when it holds only letters, marks, digits
 * and hyphens, of one set of digits; when no accent stands alone and no letter is one of phonetics; and when it cannot be read as Latin
 * from end to end (the Cyrillic "аррӏе"), unless the top-level domain is in its script. All labels or none, and only when `wireDomain`
 * makes the same domain of what is shown.
 */
export function shownDomain(domain: string): string {
  if (!/(?:^|\.)xn--/i.test(domain)) return domain
  const shown = domainToUnicode(domain)
  const labels = shown.split('.')
  const top = labels.at(-1) ?? ''
  return labels.every((label) => isSafe(label, top)) && wireDomain(shown) === domain.toLowerCase() ? shown : domain
}

function isSafe(label: string, top: string): boolean {
  if (!/[^a-z0-9-]/.test(label)) return true
  if (!WRITTEN.test(label) || ODD.test(label) || LIKE_DELIMITER.test(label)) return false
  if (FOREIGN_DIGIT.test(label) && /[0-9]/.test(label)) return false
  if (!scripts().some((script) => script.test(label))) return false
  return !(
    (LIKE_LATIN.Cyrl.test(label) && !/\p{sc=Cyrl}/u.test(top)) ||
    (LIKE_LATIN.Grek.test(label) && !/\p{sc=Grek}/u.test(top)) ||
    (LIKE_LATIN.Armn.test(label) && !/\p{sc=Armn}/u.test(top))
  )
}

function scripts(): readonly RegExp[] {
  patterns ??= [...ALONE.split(' '), ...TOGETHER].map((names) => {
    const classes = names.split(' ').map((name) => `\\p{scx=${name}}`)
    return new RegExp(`^[\\p{scx=Zyyy}\\p{scx=Zinh}${classes.join('')}]+$`, 'u')
  })
  return patterns
}
