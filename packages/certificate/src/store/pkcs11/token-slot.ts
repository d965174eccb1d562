import { TOKEN_FLAG } from './cryptoki.js'
import type { Cryptoki, Handle, TokenInfo } from './cryptoki.js'
import { tokenAbsent, tokenAmbiguous } from './token-refusal.js'
import type { TokenUri } from './token-uri.js'

/** A token where it is. */
export interface FoundToken {
  readonly slot: Handle
  readonly label: string
  readonly serial: string
  readonly flags: number
}

/**
 * The one token that has what is asked for. One that was not asked for by anything is taken when it is the only one that has been set up.
 * @throws {SettingsError} `certificate.token-absent`, naming those that are there
 */
export function findToken(cryptoki: Cryptoki, uri: TokenUri, field: string): FoundToken {
  const all = cryptoki.C_GetSlotList(true).map((slot) => found(slot, cryptoki.C_GetTokenInfo(slot)))
  const tokens = all.filter(({ token }) => (token.flags & TOKEN_FLAG.initialized) !== 0)
  const fitting = tokens.filter((each) => fits(each, uri))
  const [first] = fitting
  if (first && fitting.length === 1) return first
  if (first) throw tokenAmbiguous(fitting.map(described), field)
  throw tokenAbsent(
    wanted(uri),
    tokens.map(({ label }) => label),
    field,
  )
}

function found(slot: Handle, token: TokenInfo): FoundToken & { readonly token: TokenInfo } {
  return { slot, token, label: unpadded(token.label), serial: unpadded(token.serialNumber), flags: token.flags }
}

function fits({ slot, token, label, serial }: FoundToken & { readonly token: TokenInfo }, uri: TokenUri): boolean {
  return (
    (uri.token ?? label) === label &&
    (uri.serial ?? serial) === serial &&
    (uri.model ?? unpadded(token.model)) === unpadded(token.model) &&
    (uri.manufacturer ?? unpadded(token.manufacturerID)) === unpadded(token.manufacturerID) &&
    (uri.slotId === undefined || uri.slotId === slotNumber(slot))
  )
}

/** A CK_ULONG of four or eight octets, as the machine has it; every machine that Node runs on and tokens are used with is little-endian. */
function slotNumber(slot: Handle): number {
  return slot.length === 0 ? -1 : slot.readUIntLE(0, Math.min(6, slot.length))
}

function unpadded(text: string): string {
  return text.replace(/[ \0]+$/, '')
}

function described({ label, serial }: FoundToken): string {
  return `${label} (${serial})`
}

function wanted(uri: TokenUri): string {
  const asked = (['token', 'serial', 'manufacturer', 'model', 'slotId'] as const).flatMap((name) =>
    uri[name] === undefined ? [] : [`${name === 'slotId' ? 'slot-id' : name} '${uri[name]}'`],
  )
  return asked.length === 0 ? 'that has been set up' : `with ${asked.join(' and ')}`
}
