import { Base64Lines } from '../encode/base64.js'
import { quotedPrintable, QuotedPrintableLines } from '../encode/quoted-printable.js'
import { MaskedText } from './masked-text.js'
import { MendedQuotedPrintable } from './mended-quoted-printable.js'
import { NoDashes } from './no-dashes.js'
import { OctetStore } from './octet-store.js'
import type { Edit } from './recode-plan.js'
import type { Rewriter } from './rewriter.js'
import { RewrappedBase64 } from './rewrapped-base64.js'

const FEW_OCTETS = 16 * 1024

/** What an edit asks for. */
export function rewriterFor({ as, from, to }: Edit): Rewriter {
  if (as === 'base64') return new Base64Lines(to - from)
  if (as === 'quoted-printable')
    return new NoDashes(to - from <= FEW_OCTETS ? new AtOnce() : new QuotedPrintableLines())
  if (as === 'rewrap-base64') return new RewrappedBase64()
  return as === 'mask' ? new MaskedText() : new MendedQuotedPrintable()
}

/** Few octets are encoded in one piece: the blocks of the other one would be larger than they are. */
class AtOnce implements Rewriter {
  readonly #text = new OctetStore()

  push(chunk: Uint8Array): Iterable<Uint8Array> {
    this.#text.append(chunk)
    return []
  }

  end(): Iterable<Uint8Array> {
    return [quotedPrintable(this.#text.octets)]
  }
}
