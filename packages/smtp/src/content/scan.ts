import { wasmExports } from '@posthorn/ground'
import { scanModule } from './scan.wasm.js'

const CR = 13
const LF = 10
const DOT = 46
/** Small enough to stay in the fastest cache between the copy and the look. */
const BLOCK_OCTETS = 4 * 1024
const START = 16

interface ScanExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly high: { value: number }
  scan(from: number, end: number, dot: number): number
}

let loaded: { readonly wasm: Omit<ScanExports, 'memory'>; readonly memory: Uint8Array } | undefined

function load() {
  const wasm = wasmExports(scanModule) as ScanExports | undefined
  return wasm ? { wasm, memory: new Uint8Array(wasm.memory.buffer) } : plainScan()
}

/** The same where WebAssembly cannot run, octet by octet. */
export function plainScan(): NonNullable<typeof loaded> {
  const memory = new Uint8Array(START + BLOCK_OCTETS + 16)
  const high = { value: 0 }
  const scan = (from: number, end: number, dot: number) => {
    for (let at = from; at < end; at++) {
      const now = memory[at]!
      const before = memory[at - 1]
      if (now > 127) high.value = 1
      if ((now === LF) !== (before === CR) || (now === dot && before === LF)) return at
    }
    return end
  }
  return { wasm: { high, scan }, memory }
}

/** What is to be inserted before an octet so that lines end with CRLF and dots at their start are doubled. */
export type Insertion = '\r' | '\n' | '.' | '\n.'

/**
 * Looks through octets for what RFC 5321 does not let pass: CR and LF apart, and, with `dots`, a dot at the start of a line (4.5.2).
 * `found` is told each place and what belongs before it. One pass, vectorised; the octets are not changed.
 * @param using another scanner than the one of this machine
 * @param before the octet in front of the first one; 10 at the start of the content
 * @returns true when an octet above 127 was among them
 */
export function scan(
  octets: Uint8Array,
  before: number,
  dots: boolean,
  found: (at: number, insertion: Insertion) => void,
  using?: NonNullable<typeof loaded>,
): boolean {
  const { wasm, memory } = using ?? (loaded ??= load())
  const mark = dots ? DOT : LF // LF after LF is found anyway
  wasm.high.value = 0
  for (let base = 0; base < octets.length; base += BLOCK_OCTETS) {
    const length = Math.min(BLOCK_OCTETS, octets.length - base)
    const end = START + length
    memory[START - 1] = base === 0 ? before : octets[base - 1]!
    memory.set(
      length === octets.length ? octets : new Uint8Array(octets.buffer, octets.byteOffset + base, length),
      START,
    )
    // behind a whole block nothing is ever written
    if (length < BLOCK_OCTETS) memory.fill(0x61, end, end + 16)
    for (let at = wasm.scan(START, end, mark); at < end; at = wasm.scan(at + 1, end, mark)) {
      const afterCr = memory[at - 1] === CR
      const now = memory[at]
      found(base + at - START, now === LF ? '\r' : !afterCr ? '.' : now === DOT && dots ? '\n.' : '\n')
    }
  }
  return wasm.high.value === 1
}
