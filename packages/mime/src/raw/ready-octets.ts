import { isAscii, isUtf8 } from 'node:buffer'
import type { Content } from '@posthorn/ground'
import { HeaderCut } from './header-section.js'
import { sectionWithLineEnds, withLineEnds } from './line-ends.js'
import { once } from './raw-source.js'
import { recodableOctets } from './recode.js'

/**
 * A message in memory as content that is not looked at now: whoever sends it does that anyway. Only a `recode`, which a server without
 * 8BITMIME asks for, reads it; line ends are repaired then.
 * @throws {SettingsError} only from `recode`, as that of `rawContent`
 */
export function readyOctets(octets: Uint8Array): Content {
  const base = { octets, sizeOctets: octets.length, open: () => once(octets) }
  let known: Content | undefined
  const content: Content = {
    ...base,
    recode(widest) {
      if (widest !== '7bit') return content // lines are all it can need
      known ??= settledOctets(octets)
      const recoded = known.recode!(widest)
      return recoded === known && known.octets === octets ? content : recoded
    },
  }
  return content
}

function settledOctets(given: Uint8Array): Content {
  const cutting = new HeaderCut()
  const cut = cutting.push(given) ?? cutting.end()
  const header = sectionWithLineEnds(cut.header)
  const body = withLineEnds(cut.rest)
  const same = body === cut.rest && header.equals(cut.header)
  const octets = same ? given : Buffer.concat([header, body])
  const headerHigh = isAscii(header) ? false : isUtf8(header) ? 'utf8' : 'other'
  const encoding = isAscii(octets) ? '7bit' : '8bit'
  const utf8Header = headerHigh === 'utf8'
  const base = {
    octets,
    sizeOctets: octets.length,
    canonical: true,
    encoding,
    utf8Header,
    open: () => once(octets),
  } as const
  return recodableOctets(base, { encoding, headerHigh, breakSignatures: false })
}
