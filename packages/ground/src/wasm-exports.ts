interface WebAssemblyApi {
  readonly Module: new (octets: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/**
 * What a module exports, or undefined where it cannot run: WebAssembly is switched off (`node --jitless`) or forbidden, its vectors are not
 * supported, or there is no room for its memory. Whoever calls has another way.
 */
export function wasmExports(moduleBase64: string): unknown {
  // @types/node 20 declares no WebAssembly
  const api = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly
  if (!api) return undefined
  try {
    return new api.Instance(new api.Module(Buffer.from(moduleBase64, 'base64'))).exports
  } catch {
    return undefined
  }
}
