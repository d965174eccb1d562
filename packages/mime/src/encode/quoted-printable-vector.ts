import { mostEncoded, type QuotedPrintableKernel } from './quoted-printable-table.js'
import { quotedPrintableModule } from './quoted-printable.wasm.js'
import { wasmExports } from '@posthorn/ground'

const PIECE_OCTETS = 8 * 1024
const OUTPUT = 12 * 1024 // and room behind it for mostEncoded(PIECE_OCTETS), 26 KB, in the page of 64 KB

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly column: { value: number }
  readonly taken: { value: number }
  encode(from: number, end: number, to: number, last: number): number
}

/** The kernel in WebAssembly (wasm/quoted-printable.wat), in one page of memory that all share; undefined where it cannot run. */
export function vectorKernel(): QuotedPrintableKernel | undefined {
  const wasm = wasmExports(quotedPrintableModule) as Exports | undefined
  if (!wasm || mostEncoded(PIECE_OCTETS) > 64 * 1024 - OUTPUT - 16) return undefined
  const { buffer } = wasm.memory
  const memory = new Uint8Array(buffer)
  return (octets, from, end, out, to, last, progress) => {
    wasm.column.value = progress.column
    while (from < end) {
      const length = Math.min(PIECE_OCTETS, end - from)
      const whole = from + length === end
      memory.set(octets.subarray(from, from + length))
      const written = wasm.encode(0, length, OUTPUT, whole && last ? 1 : 0) - OUTPUT
      out.set(new Uint8Array(buffer, OUTPUT, written), to)
      to += written
      from += wasm.taken.value
      if (whole) break
    }
    progress.column = wasm.column.value
    progress.taken = from
    progress.written = to
  }
}
