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

// node:wasm has no types in @types/node 20
declare const WebAssembly: {
  Module: new (octets: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: unknown }
}

let loaded: { readonly wasm: ScanExports; readonly memory: Uint8Array } | undefined

function load() {
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(scanModule, 'base64')))
    .exports as ScanExports
  return { wasm, memory: new Uint8Array(wasm.memory.buffer) }
}

/** What is to be inserted before an octet so that lines end with CRLF and dots at their start are doubled. */
export type Insertion = '\r' | '\n' | '.' | '\n.'

/**
 * Looks through octets for what RFC 5321 does not let pass: CR and LF apart, and, with `dots`, a dot at the start of a line (4.5.2).
 * `found` is told each place and what belongs before it. One pass, vectorised; the octets are not changed.
 * @param before the octet in front of the first one; 10 at the start of the content
 * @returns true when an octet above 127 was among them
 */
export function scan(
  octets: Uint8Array,
  before: number,
  dots: boolean,
  found: (at: number, insertion: Insertion) => void,
): boolean {
  const { wasm, memory } = (loaded ??= load())
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
