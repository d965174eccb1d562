import type { SourceOpener } from './opener.js'
import { storeUnavailable } from './windows-store.js'

/** A store of an operating system: Node can read none of them, on no system, and native code is not worth a file that can be exported. */
export function systemStore(what: string): SourceOpener {
  return {
    openSource: (_, { typeField }) =>
      Promise.reject(storeUnavailable(typeField, `${what} cannot be read: Node has no access to it`)),
  }
}
