import type { Base64Kernel } from './base64-table.js'
import { base64Module } from './base64.wasm.js'
import { wasmExports } from './wasm-exports.js'

const LINE_OCTETS = 57
const LINE_SIZE = 78
/** 16 KB in and 22 KB out: they stay in the nearest caches, and the copies cost a tenth of the whole. */
const PIECE_LINES = 280
const OUTPUT = 16 * 1024

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  encode(from: number, lines: number, to: number): void
}

/**
 * The kernel in WebAssembly, 16 characters at a time (wasm/base64.wat); undefined where that cannot run. Its memory is one page of 64 KB, which
 * all who encode share: octets are copied in and characters out. To read files straight into that memory would save a twentieth of the time
 * it takes to read and encode them, and tie each reader to an instance of its own.
 */
export function vectorKernel(): Base64Kernel | undefined {
  const wasm = wasmExports(base64Module) as Exports | undefined
  if (!wasm) return undefined
  const { buffer } = wasm.memory
  const memory = new Uint8Array(buffer)
  return (octets, from, lines, out, to) => {
    for (let line = 0; line < lines; line += PIECE_LINES) {
      const count = Math.min(PIECE_LINES, lines - line)
      const at = from + line * LINE_OCTETS
      memory.set(octets.subarray(at, at + count * LINE_OCTETS))
      wasm.encode(0, count, OUTPUT)
      out.set(new Uint8Array(buffer, OUTPUT, count * LINE_SIZE), to + line * LINE_SIZE)
    }
  }
}
