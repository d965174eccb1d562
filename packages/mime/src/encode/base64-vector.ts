import type { Base64Kernel } from './base64-table.js'
import { base64Module } from './base64.wasm.js'
import { wasmExports } from '@posthorn/ground'

const LINE_OCTETS = 57
const LINE_SIZE = 78
/** 8 KB in and 11 KB out stay in the nearest cache; the copies cost a quarter of the time. */
const PIECE_LINES = 140
const OUTPUT = 8 * 1024

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  encode(from: number, lines: number, to: number): void
}

/**
 * The kernel in WebAssembly, 16 characters at a time (wasm/base64.wat); undefined where that cannot run. Its memory is one page of 64 KB, which
 * all who encode share: octets are copied in and characters out. Reading files straight into that memory would save less than a tenth of the
 * time that reading and encoding takes, and tie every reader to an instance of its own.
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
