/** What a CHALLENGE message is made of. */
export interface NtlmChallengeParts {
  /** What is agreed on (MS-NLMP 2.2.2.5). Default: Unicode, NTLM, and what the other parts need. */
  readonly flags?: number
  /** 8 octets; default `01234567`. */
  readonly nonce?: Buffer
  /** The name of the realm; default none. */
  readonly target?: string
  /** The NetBIOS name of the domain in the target information; without it there is none. */
  readonly domain?: string
}

const HEAD_OCTETS = 48
const UNICODE = 0x1
const NTLM = 0x200
const TARGET_IS_DOMAIN = 0x1_0000
const TARGET_INFORMATION = 0x80_0000
const NETBIOS_DOMAIN = 2

/** The message by which a server asks in NTLM (MS-NLMP 2.2.1.2). */
export function ntlmChallenge({ flags, nonce, target = '', domain }: NtlmChallengeParts = {}): Buffer {
  const name = Buffer.from(target, 'utf16le')
  const information =
    domain === undefined ? Buffer.alloc(0) : Buffer.concat([pair(NETBIOS_DOMAIN, domain), pair(0, '')])
  const needed = (target === '' ? 0 : TARGET_IS_DOMAIN) | (domain === undefined ? 0 : TARGET_INFORMATION)
  const head = Buffer.alloc(HEAD_OCTETS)
  head.write('NTLMSSP\0', 'latin1')
  head.writeUInt32LE(2, 8)
  writeField(head, 12, name.length, HEAD_OCTETS)
  head.writeUInt32LE(flags ?? UNICODE | NTLM | needed, 20)
  head.set(nonce ?? Buffer.from('01234567'), 24)
  writeField(head, 40, information.length, HEAD_OCTETS + name.length)
  return Buffer.concat([head, name, information])
}

/** Length, room and place of a part. */
function writeField(head: Buffer, at: number, octets: number, offset: number): void {
  head.writeUInt16LE(octets, at)
  head.writeUInt16LE(octets, at + 2)
  head.writeUInt32LE(offset, at + 4)
}

function pair(id: number, text: string): Buffer {
  const value = Buffer.from(text, 'utf16le')
  return Buffer.concat([Buffer.from([id, 0, value.length, 0]), value])
}
